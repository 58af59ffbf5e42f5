// The GPU of this process: whether there is one, its memory, copies, and the one stream on which all its work runs in
// the order in which it was asked for. A build without CUDA has the twin in no_cuda/, where there is never a GPU. It
// refuses several GPUs: a process drives one, other processes the others.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

struct CUstream_st;
struct CUgraphExec_st;

namespace persea::cuda {

// A GPU, its driver and machine code for it are there. Asked once; never throws.
bool present();

// Makes GPU `index` (modulo their number) of those that the machine shows (CUDA_VISIBLE_DEVICES) this process's. Before
// anything else is asked of it, or never.
void choose(int index);

using Uuid = std::array<uint32_t, 4>;
struct Properties {
  std::string name;
  int major = 0, minor = 0;  // compute capability
  int processors = 0;
  int64_t memory = 0, free_memory = 0;  // bytes
  Uuid uuid{};                          // no other GPU, of any machine, has it
};

// All from here on throw std::runtime_error with CUDA's own words where something fails, an earlier kernel included,
// and std::logic_error where no GPU is present.
Properties properties();

// A block of memory, 256-byte aligned; nullptr where there is none left.
std::byte* map(int64_t bytes);
void unmap(std::byte* block);
// The same of the CPU's memory that the GPU copies from and to by itself (pinned).
std::byte* map_pinned(int64_t bytes);
void unmap_pinned(std::byte* block);

enum class Copy { to_device, to_host, on_device };
// Copies in the stream's order. The host's memory may be used again, and holds what was copied, when it returns.
void copy(Copy kind, void* to, const void* from, int64_t bytes);
void zero(void* at, int64_t bytes);

// Waits until all work asked for is done.
void wait();

CUstream_st* stream();

// Work that was recorded once and is asked for again as a whole, which costs the CPU one call: it reads and writes the
// places that it did when it was recorded, which must live as long.
class Graph {
 public:
  // Records what `work` asks of the GPU on this thread, without doing it. It may neither wait nor take memory, nor copy
  // from or to the host.
  explicit Graph(const std::function<void()>& work);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  void launch() const;

 private:
  CUgraphExec_st* recorded_ = nullptr;
};

}  // namespace persea::cuda
