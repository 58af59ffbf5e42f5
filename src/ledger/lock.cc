#include "ledger/lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/hash.h"

namespace persea {
namespace {

struct flock byte_of(std::string_view name) {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(hash64(name) >> 2);  // offsets are signed, and l_start + l_len must not overflow
  range.l_len = 1;
  return range;
}

}  // namespace

NameLock::~NameLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<NameLock> NameLock::open(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return fail("{}: cannot open: {}", file.string(), std::strerror(errno));
  return NameLock(fd);
}

Result<std::optional<NameLock>> NameLock::try_acquire(const std::filesystem::path& file, std::string_view name) {
  PERSEA_TRY(NameLock lock, open(file));
  struct flock range = byte_of(name);
  if (fcntl(lock.fd_, F_OFD_SETLK, &range) == 0) return std::optional<NameLock>(std::move(lock));
  if (errno == EAGAIN || errno == EACCES) return std::optional<NameLock>();
  return fail("{}: cannot lock: {}", file.string(), std::strerror(errno));
}

Result<NameLock> NameLock::acquire(const std::filesystem::path& file, std::string_view name) {
  PERSEA_TRY(NameLock lock, open(file));
  struct flock range = byte_of(name);
  if (fcntl(lock.fd_, F_OFD_SETLKW, &range) == 0) return lock;
  if (errno == EINTR) return fail("interrupted while waiting for another program in this lab");
  return fail("{}: cannot lock: {}", file.string(), std::strerror(errno));
}

bool NameLock::held(const std::filesystem::path& file, std::string_view name) {
  const Result<NameLock> lock = open(file);
  struct flock range = byte_of(name);
  return lock.ok() && fcntl(lock->fd_, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

}  // namespace persea
