#include "tensor/storage.h"

#include <sys/mman.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <vector>

namespace persea {
namespace {

constexpr int64_t kHugePage = 2 << 20;
constexpr int64_t kMapped = 1 << 20;  // blocks from here on are mapped directly, rounded to pages

// Sizes are rounded so that nearly equal requests share blocks: to 64 bytes, later to an eighth of the power of two
// below.
int64_t rounded(int64_t bytes) {
  int64_t unit = 64;
  while (unit * 16 < bytes) unit *= 2;
  return (bytes + unit - 1) / unit * unit;
}

class Allocator {
 public:
  std::byte* take(int64_t bytes) {
    {
      std::lock_guard lock(mutex_);
      auto found = kept_.find(bytes);
      if (found != kept_.end() && !found->second.empty()) {
        std::byte* block = found->second.back();
        found->second.pop_back();
        return block;
      }
    }
    std::byte* block = map(bytes);
    if (!block) {
      release();
      block = map(bytes);
    }
    if (!block) throw std::bad_alloc();
    return block;
  }

  void give(std::byte* block, int64_t bytes) {
    std::lock_guard lock(mutex_);
    kept_[bytes].push_back(block);
  }

  void release() {
    std::lock_guard lock(mutex_);
    for (auto& [bytes, blocks] : kept_)
      for (std::byte* block : blocks) unmap(block, bytes);
    kept_.clear();
  }

 private:
  static std::byte* map(int64_t bytes) {
    if (bytes < kMapped) return static_cast<std::byte*>(std::aligned_alloc(64, bytes));
    void* block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return nullptr;
    if (bytes >= kHugePage) madvise(block, bytes, MADV_HUGEPAGE);
    return static_cast<std::byte*>(block);
  }
  static void unmap(std::byte* block, int64_t bytes) {
    if (bytes < kMapped)
      std::free(block);
    else
      munmap(block, bytes);
  }

  std::mutex mutex_;
  std::map<int64_t, std::vector<std::byte*>> kept_;
};

// Never destroyed: tensors in static storage may outlive any order of destruction.
Allocator& allocator() {
  static auto* instance = new Allocator;
  return *instance;
}

}  // namespace

std::shared_ptr<Storage> allocate(int64_t bytes, Device device) {
  if (device.kind != Device::Kind::cpu) throw std::logic_error("allocate: this build has no such device");
  if (bytes < 0) throw std::logic_error("allocate: a negative size");
  int64_t size = rounded(bytes > 0 ? bytes : 1);
  if (size >= kMapped) size = (size + 4095) / 4096 * 4096;
  auto* storage = new Storage{allocator().take(size), size, device};
  return {storage, [](Storage* s) {
            allocator().give(s->data, s->bytes);
            delete s;
          }};
}

void release_kept_memory() { allocator().release(); }

}  // namespace persea
