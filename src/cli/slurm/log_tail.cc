#include "cli/slurm/log_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace persea::slurm {
namespace {

constexpr uint64_t kMost = 1 << 20;

}  // namespace

// The file is opened anew each time: over NFS that is what makes another machine's writing seen.
Result<std::string> LogTail::more() {
  const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 && (errno == ENOENT || errno == ESTALE)) return std::string();
  if (fd < 0) return fail("{}: cannot open: {}", path_.string(), std::strerror(errno));
  struct stat file {};
  std::string text;
  ssize_t n = ::fstat(fd, &file);
  if (n == 0) {
    const auto size = static_cast<uint64_t>(file.st_size);
    if (file.st_dev != device_ || file.st_ino != inode_ || size < offset_) offset_ = 0;
    device_ = file.st_dev;
    inode_ = file.st_ino;
    text.resize(std::min(size - offset_, kMost));
    n = ::pread(fd, text.data(), text.size(), static_cast<off_t>(offset_));
  }
  const int error = errno;
  ::close(fd);
  if (n < 0 && error == ESTALE) return std::string();
  if (n < 0) return fail("{}: cannot read: {}", path_.string(), std::strerror(error));
  text.resize(static_cast<size_t>(n));
  offset_ += text.size();
  return text;
}

}  // namespace persea::slurm
