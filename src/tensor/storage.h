// Memory for tensors, of the CPU and of a GPU: 64-byte (GPU: 256-byte) aligned blocks from an allocator that keeps what
// was freed, so that a training step, which asks for the same sizes again and again, touches no new page after its
// first. Large blocks lie in huge pages where the system grants them. It refuses to split or merge blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "tensor/device.h"

namespace persea {

struct Storage {
  std::byte* data;
  int64_t bytes;
  Device device;
};

// A block of at least `bytes` bytes with undefined content, returned to the allocator when the last owner lets go.
// Throws std::bad_alloc where the device has no memory, std::logic_error for a device that is not there.
std::shared_ptr<Storage> allocate(int64_t bytes, Device device = cpu_device);

// The same of the CPU's memory that a GPU copies from and to by itself: copies of it need no other on the way. Taking
// such blocks is slow, keeping them keeps the system from using them. Throws std::logic_error where no GPU is present.
std::shared_ptr<Storage> allocate_pinned(int64_t bytes);

// Blocks of the GPU that are lent to nobody else, kept until the arena and all tensors in them are gone: work that is
// recorded (cuda::Graph) writes over what it used when it was recorded, in whatever tensor that may lie by then.
class Arena {
 public:
  Arena();

  // While it lives, tensors that this thread makes on the GPU lie in the arena.
  class Use {
   public:
    explicit Use(const Arena& arena);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    const Arena* before_;
  };

 private:
  friend std::shared_ptr<Storage> allocate(int64_t bytes, Device device);
  class Blocks;
  std::shared_ptr<Blocks> blocks_;
};

// Gives the system back what the allocator keeps: between parts of a program that ask for different sizes.
void release_kept_memory();

}  // namespace persea
