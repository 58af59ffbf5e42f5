#include "curate/spill.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace persea::curate {

Result<SpillFile> SpillFile::create(const fs::path& folder) {
  std::string name = (folder / ".spill.XXXXXX").string();
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return fail("{}: cannot keep what does not fit in memory: {}", folder.string(), std::strerror(errno));
  ::unlink(name.c_str());
  return SpillFile(folder, file);
}

SpillFile::~SpillFile() {
  if (file_ >= 0) ::close(file_);
}

Status SpillFile::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return fail("{}: cannot keep what does not fit in memory: {}; make room there, or give more memory",
                  folder_.string(), std::strerror(errno));
    size_ += static_cast<uint64_t>(n);
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return {};
}

Status SpillFile::read(uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t n = ::pread(file_, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      return fail("{}: cannot read what was kept there: {}", folder_.string(),
                  n < 0 ? std::strerror(errno) : "it ends early");
    offset += static_cast<uint64_t>(n);
    out = out.subspan(static_cast<size_t>(n));
  }
  return {};
}

}  // namespace persea::curate
