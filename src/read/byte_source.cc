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
  explicit FileSource(int fd) : fd_(fd) {}
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

 private:
  int fd_;
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
  auto source = std::make_unique<FileSource>(fd);
  struct stat facts {};
  if (::fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode)) return fail("cannot be read: it is a folder");
  return std::unique_ptr<ByteSource>(std::move(source));
}

std::unique_ptr<ByteSource> memory_source(std::string bytes) {
  return std::make_unique<MemorySource>(std::move(bytes));
}

std::unique_ptr<ByteSource> joined_source(std::string head, std::unique_ptr<ByteSource> rest) {
  return std::make_unique<JoinedSource>(std::move(head), std::move(rest));
}

}  // namespace persea::read
