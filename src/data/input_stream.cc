#include "data/input_stream.h"

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

  // More bytes of the file as it is; false at its end.
  Result<bool> refill() {
    ssize_t n = 0;
    do n = ::read(fd, block.data(), block.size());
    while (n < 0 && errno == EINTR);
    if (n < 0) return fail("cannot be read: {}", std::strerror(errno));
    begin = 0;
    end = static_cast<size_t>(n);
    return n > 0;
  }

  Result<size_t> read_plain(std::span<char> out);
  Result<size_t> read_zstd(std::span<char> out);
  Result<size_t> read_gzip(std::span<char> out);

  int fd = -1;
  std::vector<char> block = std::vector<char>(kBlock);
  size_t begin = 0, end = 0;  // what of the block is not used yet
  std::unique_ptr<ZSTD_DCtx, ZstdFree> zstd;
  z_stream gzip{};
  bool inflating = false;
  bool inside = false;  // a compressed frame is open: the file may not end here
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
  PERSEA_TRY(const bool any, state->refill());
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

Result<size_t> InputStream::State::read_plain(std::span<char> out) {
  size_t done = 0;
  while (done < out.size()) {
    if (begin == end) {
      PERSEA_TRY(const bool more, refill());
      if (!more) break;
    }
    const size_t n = std::min(out.size() - done, end - begin);
    std::memcpy(out.data() + done, block.data() + begin, n);
    begin += n;
    done += n;
  }
  return done;
}

Result<size_t> InputStream::State::read_zstd(std::span<char> out) {
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  while (output.pos < output.size) {
    if (begin == end) {
      PERSEA_TRY(const bool more, refill());
      if (!more) {
        if (inside) return fail("is truncated: its zstd stream does not end");
        break;
      }
    }
    ZSTD_inBuffer input{block.data(), end, begin};
    const size_t left = ZSTD_decompressStream(zstd.get(), &output, &input);
    if (ZSTD_isError(left) != 0) return fail("is damaged: {}", ZSTD_getErrorName(left));
    begin = input.pos;
    inside = left != 0;
  }
  return output.pos;
}

Result<size_t> InputStream::State::read_gzip(std::span<char> out) {
  gzip.next_out = reinterpret_cast<Bytef*>(out.data());
  gzip.avail_out = static_cast<uInt>(std::min<size_t>(out.size(), 1U << 30));
  const uInt wanted = gzip.avail_out;
  while (gzip.avail_out > 0) {
    if (begin == end) {
      PERSEA_TRY(const bool more, refill());
      if (!more) {
        if (inside) return fail("is truncated: its gzip stream does not end");
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
      return fail("is damaged: {}", gzip.msg != nullptr ? gzip.msg : "no gzip stream");
    }
  }
  return wanted - gzip.avail_out;
}

Result<size_t> InputStream::read(std::span<char> out) {
  if (state_->zstd) return state_->read_zstd(out);
  if (state_->inflating) return state_->read_gzip(out);
  return state_->read_plain(out);
}

}  // namespace persea
