#include "read/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace persea::read {
namespace {

class FileSource : public ByteSource {
 public:
  FileSource(int fd, int64_t size) : fd_(fd), size_(size) {}
  ~FileSource() override { ::close(fd_); }
  size_t read(std::span<char> out) override {
    size_t done = 0;
    while (done < out.size() && problem_.empty()) {
      const ssize_t n = ::read(fd_, out.data() + done, out.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) problem_ = fmt::format("cannot be read: {}", std::strerror(errno));
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }
  const std::string& problem() const override { return problem_; }
  int64_t size() const override { return size_; }
  bool seek(int64_t at) override { return size_ >= 0 && ::lseek(fd_, at, SEEK_SET) == at; }

 private:
  int fd_;
  int64_t size_;
  std::string problem_;
};

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}
  size_t read(std::span<char> out) override {
    const size_t n = std::min(out.size(), bytes_.size() - at_);
    std::memcpy(out.data(), bytes_.data() + at_, n);
    at_ += n;
    return n;
  }
  const std::string& problem() const override { return problem_; }
  int64_t size() const override { return static_cast<int64_t>(bytes_.size()); }
  bool seek(int64_t at) override {
    if (at < 0 || at > size()) return false;
    at_ = static_cast<size_t>(at);
    return true;
  }

 private:
  std::string bytes_, problem_;
  size_t at_ = 0;
};

class JoinedSource : public ByteSource {
 public:
  JoinedSource(std::string head, std::unique_ptr<ByteSource> rest) : head_(std::move(head)), rest_(std::move(rest)) {}
  size_t read(std::span<char> out) override {
    const size_t n = std::min(out.size(), head_.size() - at_);
    std::memcpy(out.data(), head_.data() + at_, n);
    at_ += n;
    if (at_ == head_.size() && at_ > 0) {
      head_ = std::string();
      at_ = 0;
    }
    return n == out.size() ? n : n + rest_->read(out.subspan(n));
  }
  const std::string& problem() const override { return rest_->problem(); }
  int64_t size() const override { return rest_->size(); }
  bool seek(int64_t at) override {
    if (!rest_->seek(at)) return false;
    head_.clear();
    at_ = 0;
    return true;
  }

 private:
  std::string head_;
  std::unique_ptr<ByteSource> rest_;
  size_t at_ = 0;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_file_source(const fs::path& path) {
  // A pipe must not hang us; for files O_NONBLOCK means nothing.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail("cannot be opened: {}", std::strerror(errno));
  struct stat facts {};
  if (::fstat(fd, &facts) != 0 || S_ISDIR(facts.st_mode)) {
    ::close(fd);
    return fail("cannot be read: it is a folder");
  }
  const bool regular = S_ISREG(facts.st_mode);
  return std::unique_ptr<ByteSource>(std::make_unique<FileSource>(fd, regular ? int64_t{facts.st_size} : -1));
}

std::unique_ptr<ByteSource> memory_source(std::string bytes) {
  return std::make_unique<MemorySource>(std::move(bytes));
}

std::unique_ptr<ByteSource> joined_source(std::string head, std::unique_ptr<ByteSource> rest) {
  return std::make_unique<JoinedSource>(std::move(head), std::move(rest));
}

Result<std::string> read_all(ByteSource& source, int64_t limit) {
  std::string bytes;
  for (size_t step = 1 << 16;; step = std::min<size_t>(2 * step, 1 << 22)) {
    const size_t before = bytes.size();
    bytes.resize(before + step);
    const size_t n = source.read({bytes.data() + before, step});
    bytes.resize(before + n);
    if (static_cast<int64_t>(bytes.size()) > limit) return fail("is larger than {} MiB", limit >> 20);
    if (n < step) break;
  }
  if (!source.problem().empty()) return Error{source.problem()};
  return bytes;
}

}  // namespace persea::read
