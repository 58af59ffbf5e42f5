#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/hash.h"

namespace persea {
namespace {

std::string reason() { return std::strerror(errno); }

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  bool close() { return fd_ < 0 || ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

bool write_all(int fd, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t n = ::write(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    data += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

fs::path directory_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

// A name no other live process or thread uses: made of the process, a counter and the clock.
std::string unique_suffix() {
  static std::atomic<uint64_t> counter{0};
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const uint64_t parts[] = {static_cast<uint64_t>(getpid()), counter.fetch_add(1), static_cast<uint64_t>(now.tv_sec),
                            static_cast<uint64_t>(now.tv_nsec)};
  return fmt::format("{:012x}", hash64({reinterpret_cast<const char*>(parts), sizeof parts}) >> 16);
}

}  // namespace

Result<std::string> read_file(const fs::path& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return fail("{}: cannot open: {}", path.string(), reason());
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return fail("{}: cannot read: {}", path.string(), reason());
  if (S_ISDIR(info.st_mode)) return fail("{}: is a folder, not a file", path.string());
  // Files of /proc and pipes say size 0, so the size is only a hint: read until the end.
  std::string text;
  size_t used = 0;
  text.resize(static_cast<size_t>(info.st_size) + 1);
  while (true) {
    if (used == text.size()) text.resize(text.size() * 2 + 4096);
    const ssize_t n = ::read(fd.get(), text.data() + used, text.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail("{}: cannot read: {}", path.string(), reason());
    if (n == 0) break;
    used += static_cast<size_t>(n);
  }
  text.resize(used);
  return text;
}

Status write_file(const fs::path& path, std::string_view bytes) {
  const fs::path temporary = path.string() + ".tmp." + unique_suffix();
  Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (fd.get() < 0) return fail("{}: cannot write: {}", path.string(), reason());
  if (!write_all(fd.get(), bytes.data(), bytes.size()) || fsync(fd.get()) != 0 || !fd.close() ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    Error error = fail("{}: cannot write: {}", path.string(), reason());
    ::unlink(temporary.c_str());
    return error;
  }
  return sync_path(directory_of(path));
}

Status rename_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return fail("{}: cannot write: {}", to.string(), reason());
  return sync_path(directory_of(to));
}

Status sync_path(const fs::path& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0 || fsync(fd.get()) != 0) return fail("{}: cannot make durable: {}", path.string(), reason());
  return {};
}

struct MappedFile::Mapping {
  void* data = nullptr;
  size_t size = 0;
  ~Mapping() {
    if (data) munmap(data, size);
  }
};

Result<MappedFile> MappedFile::open(const fs::path& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return fail("{}: cannot open: {}", path.string(), reason());
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return fail("{}: cannot read: {}", path.string(), reason());
  if (!S_ISREG(info.st_mode)) return fail("{}: not a regular file", path.string());
  auto mapping = std::make_shared<Mapping>();
  if (info.st_size > 0) {
    void* data = mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ, MAP_SHARED, fd.get(), 0);
    if (data == MAP_FAILED) return fail("{}: cannot map: {}", path.string(), reason());
    mapping->data = data;
    mapping->size = static_cast<size_t>(info.st_size);
  }
  MappedFile file;
  file.mapping_ = std::move(mapping);
  return file;
}

std::span<const std::byte> MappedFile::bytes() const {
  if (!mapping_) return {};
  return {static_cast<const std::byte*>(mapping_->data), mapping_->size};
}

std::string_view MappedFile::text() const {
  if (!mapping_) return {};
  return {static_cast<const char*>(mapping_->data), mapping_->size};
}

void MappedFile::release() const {
  if (mapping_ && mapping_->data) madvise(mapping_->data, mapping_->size, MADV_DONTNEED);
}

struct FileWriter::State {
  static constexpr size_t kBuffer = 1 << 20;

  State(fs::path path, int fd) : path(std::move(path)), fd(fd) { buffer.reserve(kBuffer); }
  ~State() {
    if (!finished) ::unlink(path.c_str());
  }
  Status flush() {
    if (!write_all(fd.get(), buffer.data(), buffer.size())) return failed();
    buffer.clear();
    return {};
  }
  Status failed() {
    error = fail("{}: cannot write: {}", path.string(), reason());
    return *error;
  }

  fs::path path;
  Descriptor fd;
  std::string buffer;
  uint64_t size = 0;
  std::optional<Error> error;
  bool finished = false;
};

FileWriter::FileWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileWriter::FileWriter(FileWriter&&) noexcept = default;
FileWriter& FileWriter::operator=(FileWriter&&) noexcept = default;
FileWriter::~FileWriter() = default;

Result<FileWriter> FileWriter::create(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return fail("{}: cannot write: {}", path.string(), reason());
  return FileWriter(std::make_unique<State>(path, fd));
}

Status FileWriter::write(std::string_view bytes) {
  State& s = *state_;
  if (s.error) return *s.error;
  if (s.finished) throw std::logic_error("FileWriter::write after finish");
  if (s.buffer.size() + bytes.size() > State::kBuffer) PERSEA_CHECK(s.flush());
  if (bytes.size() >= State::kBuffer) {
    if (!write_all(s.fd.get(), bytes.data(), bytes.size())) return s.failed();
  } else {
    s.buffer.append(bytes);
  }
  s.size += bytes.size();
  return {};
}

Status FileWriter::write(std::span<const std::byte> bytes) {
  return write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

uint64_t FileWriter::size() const { return state_->size; }

Status FileWriter::finish() {
  State& s = *state_;
  if (s.error) return *s.error;
  if (s.finished) return {};
  PERSEA_CHECK(s.flush());
  if (fsync(s.fd.get()) != 0 || !s.fd.close()) return s.failed();
  s.finished = true;
  return {};
}

Result<TempDir> TempDir::create(const fs::path& parent, std::string_view prefix) {
  while (true) {
    fs::path path = parent / fmt::format("{}.{}", prefix, unique_suffix());
    if (::mkdir(path.c_str(), 0777) == 0) return TempDir(std::move(path));
    if (errno != EEXIST) return fail("{}: cannot make the folder: {}", path.string(), reason());
  }
}

TempDir::~TempDir() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace persea
