#include "serve/tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace persea {
namespace {

struct Descriptor {
  int number;
  explicit Descriptor(int n) : number(n) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

// Up to `size` bytes from `offset` on; fewer at the end of the file.
Result<std::string> read_at(const Descriptor& file, const std::filesystem::path& path, int64_t offset, size_t size) {
  std::string bytes(size, '\0');
  size_t got = 0;
  while (got < size) {
    const ssize_t more =
        ::pread(file.number, bytes.data() + got, size - got, static_cast<off_t>(offset) + static_cast<off_t>(got));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return fail("{}: cannot read: {}", path.string(), std::strerror(errno));
    if (more == 0) break;
    got += static_cast<size_t>(more);
  }
  bytes.resize(got);
  return bytes;
}

}  // namespace

Result<std::optional<TailPart>> read_tail(const std::filesystem::path& path, int64_t after, std::string_view file,
                                          size_t most) {
  // O_NONBLOCK: a pipe of that name must not hold the server.
  const Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (opened.number < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<TailPart>();
    return fail("{}: cannot read: {}", path.string(), std::strerror(errno));
  }
  struct stat about {};
  if (::fstat(opened.number, &about) != 0) return fail("{}: cannot read: {}", path.string(), std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return fail("{}: is no regular file", path.string());

  TailPart part;
  part.file = fmt::format("{:x}.{:x}", static_cast<uint64_t>(about.st_dev), static_cast<uint64_t>(about.st_ino));
  const bool known = after > 0 && file == part.file && after <= about.st_size;
  if (known) {
    PERSEA_TRY(const std::string before, read_at(opened, path, after - 1, 1));
    if (before.ends_with('\n')) part.next = after;  // else the file was written anew
  }
  part.from_start = part.next == 0;
  PERSEA_TRY(part.lines, read_at(opened, path, part.next, most + 1));
  part.more = part.lines.size() > most;
  if (part.more) part.lines.resize(most);
  const size_t end = part.lines.rfind('\n');
  if (end == std::string::npos && part.more) return fail("{}: has a line of more than {} bytes", path.string(), most);
  part.lines.resize(end == std::string::npos ? 0 : end + 1);  // the last one may still be written
  part.next += static_cast<int64_t>(part.lines.size());
  return std::optional<TailPart>(std::move(part));
}

Json json_lines(std::string_view lines) {
  Json all = Json::array();
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    auto line = parse_json(lines.substr(0, end), "line");
    if (line.ok() && line->is_object()) all.push_back(std::move(*line));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return all;
}

}  // namespace persea
