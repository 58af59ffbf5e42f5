#include "tensor/storage.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tensor/cuda.h"
#include "tensor/memory_use.h"

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

std::byte* map_host(int64_t bytes) {
  if (bytes < kMapped) return static_cast<std::byte*>(std::aligned_alloc(64, bytes));
  void* block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) return nullptr;
  if (bytes >= kHugePage) madvise(block, bytes, MADV_HUGEPAGE);
  return static_cast<std::byte*>(block);
}

void unmap_host(std::byte* block, int64_t bytes) {
  if (bytes < kMapped)
    std::free(block);
  else
    munmap(block, bytes);
}

// Of one device. A GPU's blocks may be handed out again while kernels still work on them: what the next owner asks for
// runs behind those kernels, in the one stream's order.
class Allocator {
 public:
  Allocator(std::byte* (*map)(int64_t), void (*unmap)(std::byte*, int64_t)) : map_(map), unmap_(unmap) {}

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
    std::byte* block = map_(bytes);
    if (!block) {
      release();
      block = map_(bytes);
    }
    if (!block) throw std::bad_alloc();
    std::lock_guard lock(mutex_);
    held_ += bytes;
    peak_ = std::max(peak_, held_);
    return block;
  }

  void give(std::byte* block, int64_t bytes) {
    std::lock_guard lock(mutex_);
    kept_[bytes].push_back(block);
  }

  void release() {
    std::lock_guard lock(mutex_);
    for (auto& [bytes, blocks] : kept_) {
      for (std::byte* block : blocks) unmap_(block, bytes);
      held_ -= bytes * static_cast<int64_t>(blocks.size());
    }
    kept_.clear();
  }

  int64_t peak() {
    std::lock_guard lock(mutex_);
    return peak_;
  }

 private:
  std::byte* (*map_)(int64_t);
  void (*unmap_)(std::byte*, int64_t);
  std::mutex mutex_;
  std::map<int64_t, std::vector<std::byte*>> kept_;
  int64_t held_ = 0, peak_ = 0;  // bytes, of blocks in use too
};

// Never destroyed: tensors in static storage may outlive any order of destruction.
Allocator& allocator(Device device) {
  static auto* host = new Allocator(map_host, unmap_host);
  static auto* gpu = new Allocator(cuda::map, [](std::byte* block, int64_t) { cuda::unmap(block); });
  return device.kind == Device::Kind::cpu ? *host : *gpu;
}
Allocator& pinned_allocator() {
  static auto* pinned = new Allocator(cuda::map_pinned, [](std::byte* block, int64_t) { cuda::unmap_pinned(block); });
  return *pinned;
}

// `allocator` points to one that lives as long as the storage does.
template <class Pointer>
std::shared_ptr<Storage> take(const Pointer& allocator, int64_t bytes, Device device) {
  return {new Storage{allocator->take(bytes), bytes, device}, [allocator](Storage* storage) {
            allocator->give(storage->data, storage->bytes);
            delete storage;
          }};
}

thread_local const Arena* in_use = nullptr;

}  // namespace

// What it keeps is the GPU's allocator's.
class Arena::Blocks : public Allocator {
 public:
  Blocks()
      : Allocator([](int64_t bytes) { return allocator(cuda_device).take(bytes); },
                  [](std::byte* block, int64_t bytes) { allocator(cuda_device).give(block, bytes); }) {}
  ~Blocks() { release(); }
};

Arena::Arena() : blocks_(std::make_shared<Blocks>()) {}
Arena::Use::Use(const Arena& arena) : before_(std::exchange(in_use, &arena)) {}
Arena::Use::~Use() { in_use = before_; }

std::shared_ptr<Storage> allocate(int64_t bytes, Device device) {
  if (bytes < 0) throw std::logic_error("allocate: a negative size");
  int64_t size = rounded(bytes > 0 ? bytes : 1);
  if (device.kind == Device::Kind::cuda) size = (size + 255) / 256 * 256;
  if (size >= kMapped) size = (size + 4095) / 4096 * 4096;
  if (in_use && device.kind == Device::Kind::cuda) return take(in_use->blocks_, size, device);
  return take(&allocator(device), size, device);
}

std::shared_ptr<Storage> allocate_pinned(int64_t bytes) {
  if (bytes < 0) throw std::logic_error("allocate_pinned: a negative size");
  return take(&pinned_allocator(), rounded(bytes > 0 ? bytes : 1), cpu_device);
}

int64_t peak_tensor_bytes(Device device) { return allocator(device).peak(); }

void release_kept_memory() {
  for (Allocator* one : {&allocator(cpu_device), &allocator(cuda_device), &pinned_allocator()}) one->release();
}

}  // namespace persea
