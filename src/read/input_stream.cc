#include "read/input_stream.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace persea {
namespace {

constexpr size_t kBlock = 1 << 18;
// A window that a frame may ask memory for: zstd's own limit for streams, 128 MiB.
constexpr int kWindowLog = 27;

struct ZstdFree {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

struct InputStream::State {
  ~State() {
    if (inflating) inflateEnd(&gzip);
    if (fd >= 0) ::close(fd);
  }

  // More bytes of the file as it is; false at its end, or where it cannot be read.
  bool refill() {
    ssize_t n = 0;
    do n = ::read(fd, block.data(), block.size());
    while (n < 0 && errno == EINTR);
    begin = 0;
    end = static_cast<size_t>(std::max<ssize_t>(n, 0));
    if (n < 0) problem = fmt::format("cannot be read: {}", std::strerror(errno));
    return n > 0;
  }

  // Each stops short at the end and where `problem` is set.
  size_t read_plain(std::span<char> out);
  size_t read_zstd(std::span<char> out);
  size_t read_gzip(std::span<char> out);

  int fd = -1;
  std::vector<char> block = std::vector<char>(kBlock);
  size_t begin = 0, end = 0;  // what of the block is not used yet
  std::unique_ptr<ZSTD_DCtx, ZstdFree> zstd;
  z_stream gzip{};
  bool inflating = false;
  bool inside = false;  // a compressed frame is open: the file may not end here
  std::string problem;
};

InputStream::InputStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
InputStream::InputStream(InputStream&&) noexcept = default;
InputStream& InputStream::operator=(InputStream&&) noexcept = default;
InputStream::~InputStream() = default;

Result<InputStream> InputStream::open(const fs::path& path) {
  auto state = std::make_unique<State>();
  state->fd =
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not hang us; for files it means nothing
  if (state->fd < 0) return fail("cannot be opened: {}", std::strerror(errno));
  const bool any = state->refill();
  if (!state->problem.empty()) return Error{state->problem};
  const std::string_view first(state->block.data(), any ? std::min<size_t>(state->end, 4) : 0);
  if (first == std::string_view("\x28\xb5\x2f\xfd", 4)) {
    state->zstd.reset(ZSTD_createDCtx());
    if (!state->zstd) return fail("no memory to decompress it");
    ZSTD_DCtx_setParameter(state->zstd.get(), ZSTD_d_windowLogMax, kWindowLog);
  } else if (first.starts_with("\x1f\x8b")) {
    if (inflateInit2(&state->gzip, 15 + 16) != Z_OK) return fail("no memory to decompress it");
    state->inflating = true;
  }
  return InputStream(std::move(state));
}

size_t InputStream::State::read_plain(std::span<char> out) {
  size_t done = 0;
  while (done < out.size()) {
    if (begin == end) {
      if (!refill()) break;
    }
    const size_t n = std::min(out.size() - done, end - begin);
    std::memcpy(out.data() + done, block.data() + begin, n);
    begin += n;
    done += n;
  }
  return done;
}

size_t InputStream::State::read_zstd(std::span<char> out) {
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  while (output.pos < output.size) {
    if (begin == end) {
      if (!refill()) {
        if (inside && problem.empty()) problem = "is truncated: its zstd stream does not end";
        break;
      }
    }
    ZSTD_inBuffer input{block.data(), end, begin};
    const size_t left = ZSTD_decompressStream(zstd.get(), &output, &input);
    if (ZSTD_isError(left) != 0) {
      problem = fmt::format("is damaged: {}", ZSTD_getErrorName(left));
      break;
    }
    begin = input.pos;
    inside = left != 0;
  }
  return output.pos;
}

size_t InputStream::State::read_gzip(std::span<char> out) {
  gzip.next_out = reinterpret_cast<Bytef*>(out.data());
  gzip.avail_out = static_cast<uInt>(std::min<size_t>(out.size(), 1U << 30));
  const uInt wanted = gzip.avail_out;
  while (gzip.avail_out > 0) {
    if (begin == end) {
      if (!refill()) {
        if (inside && problem.empty()) problem = "is truncated: its gzip stream does not end";
        break;
      }
    }
    gzip.next_in = reinterpret_cast<Bytef*>(block.data() + begin);
    gzip.avail_in = static_cast<uInt>(end - begin);
    inside = true;
    const int code = inflate(&gzip, Z_NO_FLUSH);
    begin = end - gzip.avail_in;
    if (code == Z_STREAM_END) {  // another member may follow
      inside = false;
      inflateReset(&gzip);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      problem = fmt::format("is damaged: {}", gzip.msg != nullptr ? gzip.msg : "no gzip stream");
      break;
    }
  }
  return wanted - gzip.avail_out;
}

size_t InputStream::read(std::span<char> out) {
  if (!state_->problem.empty()) return 0;
  if (state_->zstd) return state_->read_zstd(out);
  if (state_->inflating) return state_->read_gzip(out);
  return state_->read_plain(out);
}

const std::string& InputStream::problem() const { return state_->problem; }

}  // namespace persea
