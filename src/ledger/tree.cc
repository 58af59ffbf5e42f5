#include "ledger/tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "base/hash.h"
#include "base/threads.h"

namespace persea {
namespace fs = std::filesystem;
namespace {

Result<std::string> hash_file(const fs::path& path, bool sync, const std::function<void(int64_t)>& progress) {
  struct Descriptor {
    int fd;
    ~Descriptor() {
      if (fd >= 0) ::close(fd);
    }
  } const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (file.fd < 0) return fail("{}: cannot open: {}", path.string(), std::strerror(errno));
  Sha256 hash;
  std::string buffer(size_t{1} << 20, '\0');
  while (true) {
    const ssize_t n = ::read(file.fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail("{}: cannot read: {}", path.string(), std::strerror(errno));
    if (n == 0) break;
    hash.update(std::string_view(buffer.data(), static_cast<size_t>(n)));
    if (progress) progress(n);
  }
  if (sync && ::fsync(file.fd) != 0) return fail("{}: cannot make durable: {}", path.string(), std::strerror(errno));
  return hash.hex();
}

}  // namespace

Result<Tree> list_tree(const fs::path& root) {
  Tree tree;
  std::error_code error;
  fs::recursive_directory_iterator entries(root, error);
  for (const fs::recursive_directory_iterator end; !error && entries != end; entries.increment(error)) {
    const fs::file_status status = entries->symlink_status(error);
    if (error) break;
    std::string path = entries->path().lexically_relative(root).generic_string();
    if (fs::is_directory(status)) {
      tree.directories.push_back(std::move(path));
      continue;
    }
    const bool regular = fs::is_regular_file(status);
    const auto bytes = regular ? static_cast<int64_t>(entries->file_size(error)) : 0;
    if (error) break;
    tree.files.push_back({std::move(path), bytes, regular});
  }
  if (error) return fail("{}: cannot list: {}", root.string(), error.message());
  std::sort(tree.files.begin(), tree.files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  std::sort(tree.directories.begin(), tree.directories.end());  // a directory's name begins with its parent's
  return tree;
}

std::vector<Result<std::string>> hash_files(const fs::path& root, const std::vector<TreeFile>& files, bool sync,
                                            const std::function<void(int64_t)>& progress) {
  constexpr int64_t kWorthThreads = 8 << 20;  // bytes: below, waking them costs more than they save
  std::vector<Result<std::string>> hashes(files.size(), Result<std::string>(std::string()));
  std::mutex turn;
  const auto one_at_a_time = [&](int64_t bytes) {
    const std::lock_guard lock(turn);
    progress(bytes);
  };
  const std::function<void(int64_t)> report = progress ? one_at_a_time : std::function<void(int64_t)>();
  const auto hash = [&](int64_t i) { hashes[i] = hash_file(root / files[i].path, sync, report); };
  const auto count = static_cast<int64_t>(files.size());
  int64_t total = 0;
  for (const TreeFile& file : files) total += file.bytes;
  if (total < kWorthThreads) {
    for (int64_t i = 0; i < count; ++i) hash(i);
  } else {
    pool().parallel_for(count, hash);
  }
  return hashes;
}

}  // namespace persea
