#include "read/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

namespace persea::read {
namespace {

constexpr size_t kBlock = 1 << 18;
constexpr int kWindowLog = 27;

// The packed bytes, a block at a time.
class Block {
 public:
  explicit Block(std::unique_ptr<ByteSource> source) : source_(std::move(source)), bytes_(kBlock) {}
  bool refill() {
    begin = 0;
    end = source_->read(bytes_);
    return end > 0;
  }
  char* data() { return bytes_.data(); }
  const std::string& problem() const { return source_->problem(); }
  size_t begin = 0, end = 0;  // what of the block is not used yet

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<char> bytes_;
};

class ZstdSource : public ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> packed) : packed_(std::move(packed)), context_(ZSTD_createDCtx()) {
    if (context_) ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLog);
  }
  bool good() const { return context_ != nullptr; }
  size_t read(std::span<char> out) override {
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    while (output.pos < output.size && problem_.empty()) {
      if (packed_.begin == packed_.end && !packed_.refill()) {
        problem_ = packed_.problem();
        if (inside_ && problem_.empty()) problem_ = "is truncated: its zstd stream does not end";
        break;
      }
      ZSTD_inBuffer input{packed_.data(), packed_.end, packed_.begin};
      const size_t left = ZSTD_decompressStream(context_.get(), &output, &input);
      if (ZSTD_isError(left) != 0) {
        problem_ = fmt::format("is damaged: {}", ZSTD_getErrorName(left));
        break;
      }
      packed_.begin = input.pos;
      inside_ = left != 0;
    }
    return output.pos;
  }
  const std::string& problem() const override { return problem_; }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  Block packed_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  bool inside_ = false;  // a frame is open: the stream may not end here
  std::string problem_;
};

class GzipSource : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> packed) : packed_(std::move(packed)) {
    good_ = inflateInit2(&stream_, 15 + 16) == Z_OK;
  }
  ~GzipSource() override {
    if (good_) inflateEnd(&stream_);
  }
  bool good() const { return good_; }
  size_t read(std::span<char> out) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(std::min<size_t>(out.size(), 1U << 30));
    const uInt wanted = stream_.avail_out;
    while (stream_.avail_out > 0 && problem_.empty()) {
      if (packed_.begin == packed_.end && !packed_.refill()) {
        problem_ = packed_.problem();
        if (inside_ && problem_.empty()) problem_ = "is truncated: its gzip stream does not end";
        break;
      }
      while (!inside_ && begun_ && packed_.begin < packed_.end && packed_.data()[packed_.begin] == 0) ++packed_.begin;
      if (packed_.begin == packed_.end) continue;  // zeroes behind the last member fill up a tape's block
      begun_ = true;
      stream_.next_in = reinterpret_cast<Bytef*>(packed_.data() + packed_.begin);
      stream_.avail_in = static_cast<uInt>(packed_.end - packed_.begin);
      inside_ = true;
      const int code = inflate(&stream_, Z_NO_FLUSH);
      packed_.begin = packed_.end - stream_.avail_in;
      if (code == Z_STREAM_END) {  // another member may follow
        inside_ = false;
        inflateReset(&stream_);
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        problem_ = fmt::format("is damaged: {}", stream_.msg != nullptr ? stream_.msg : "no gzip stream");
      }
    }
    return wanted - stream_.avail_out;
  }
  const std::string& problem() const override { return problem_; }

 private:
  Block packed_;
  z_stream stream_{};
  bool good_ = false, begun_ = false;
  bool inside_ = false;  // a member is open: the stream may not end here
  std::string problem_;
};

// xz and bzip2, by libarchive's filters around a "raw" archive of one member.
class FilterSource : public ByteSource {
 public:
  explicit FilterSource(std::unique_ptr<ByteSource> packed) : packed_(std::move(packed)), archive_(archive_read_new()) {
    if (!archive_) return;
    archive_read_support_filter_xz(archive_.get());
    archive_read_support_filter_bzip2(archive_.get());
    archive_read_support_format_raw(archive_.get());
  }
  Status open() {
    if (!archive_) return fail("no memory to decompress it");
    archive_entry* entry = nullptr;
    if (archive_read_open(archive_.get(), this, nullptr, more, nullptr) != ARCHIVE_OK ||
        archive_read_next_header(archive_.get(), &entry) != ARCHIVE_OK) {
      return fail("is damaged: {}", reason());
    }
    return {};
  }
  size_t read(std::span<char> out) override {
    size_t done = 0;
    while (done < out.size() && problem_.empty()) {
      const la_ssize_t n = archive_read_data(archive_.get(), out.data() + done, out.size() - done);
      if (n < 0) problem_ = fmt::format("is damaged: {}", reason());
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    if (problem_.empty() && done < out.size()) problem_ = packed_.problem();
    return done;
  }
  const std::string& problem() const override { return problem_; }

 private:
  struct Free {
    void operator()(archive* a) const { archive_read_free(a); }
  };
  static la_ssize_t more(archive*, void* self, const void** block) {
    auto* source = static_cast<FilterSource*>(self);
    source->packed_.refill();
    *block = source->packed_.data();
    return static_cast<la_ssize_t>(source->packed_.end);
  }
  std::string reason() const {
    const char* text = archive_error_string(archive_.get());
    return text != nullptr ? text : "no stream of its kind";
  }
  Block packed_;
  std::unique_ptr<archive, Free> archive_;
  std::string problem_;
};

}  // namespace

Packing packing_of(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.starts_with("\x1f\x8b"sv)) return Packing::gzip;
  if (head.starts_with("\x28\xb5\x2f\xfd"sv)) return Packing::zstd;
  if (head.starts_with("\xfd"
                       "7zXZ\0"sv)) {
    return Packing::xz;
  }
  if (head.size() >= 4 && head.starts_with("BZh"sv) && head[3] >= '1' && head[3] <= '9') return Packing::bzip2;
  return Packing::none;
}

Result<std::unique_ptr<ByteSource>> unpack(Packing packing, std::unique_ptr<ByteSource> packed) {
  switch (packing) {
    case Packing::none:
      return packed;
    case Packing::gzip: {
      auto source = std::make_unique<GzipSource>(std::move(packed));
      if (!source->good()) return fail("no memory to decompress it");
      return std::unique_ptr<ByteSource>(std::move(source));
    }
    case Packing::zstd: {
      auto source = std::make_unique<ZstdSource>(std::move(packed));
      if (!source->good()) return fail("no memory to decompress it");
      return std::unique_ptr<ByteSource>(std::move(source));
    }
    case Packing::xz:
    case Packing::bzip2:
      break;
  }
  auto source = std::make_unique<FilterSource>(std::move(packed));
  PERSEA_CHECK(source->open());
  return std::unique_ptr<ByteSource>(std::move(source));
}

}  // namespace persea::read
