#include "tensor/cuda.h"

#include <cstring>

#include "tensor/cuda/check.h"

namespace persea::cuda {
namespace {

bool find() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) {
    cudaGetLastError();  // no driver is no failure
    return false;
  }
  int device = 0, major = 0;
  return cudaGetDevice(&device) == cudaSuccess &&
         cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) == cudaSuccess && major >= 8;
}

void require_present() {
  if (!present()) throw std::logic_error("cuda: there is no GPU of compute capability 8.0 or later, or no driver");
}

// nullptr where there is no memory.
template <class Allocate>
std::byte* block_from(const Allocate& allocate, int64_t bytes) {
  require_present();
  void* block = nullptr;
  const cudaError_t error = allocate(&block, static_cast<size_t>(bytes));
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  check(error, "allocating memory");
  return static_cast<std::byte*>(block);
}

// Where this thread's work goes while it is recorded: that of other threads is not to be mixed with it.
thread_local cudaStream_t recording = nullptr;

cudaStream_t fresh_stream() {
  cudaStream_t fresh;
  check(cudaStreamCreateWithFlags(&fresh, cudaStreamNonBlocking), "making a stream");
  return fresh;
}

}  // namespace

bool present() {
  static const bool found = find();
  return found;
}

void choose(int index) {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess && count > 0) check(cudaSetDevice(index % count), "choosing a GPU");
}

Properties properties() {
  require_present();
  int device = 0;
  cudaDeviceProp found;
  check(cudaGetDevice(&device), "properties");
  check(cudaGetDeviceProperties(&found, device), "properties");
  size_t free_memory = 0, memory = 0;
  check(cudaMemGetInfo(&free_memory, &memory), "properties");
  Uuid uuid;
  static_assert(sizeof found.uuid.bytes == sizeof uuid);
  std::memcpy(uuid.data(), found.uuid.bytes, sizeof uuid);
  return {found.name,
          found.major,
          found.minor,
          found.multiProcessorCount,
          static_cast<int64_t>(memory),
          static_cast<int64_t>(free_memory),
          uuid};
}

std::byte* map(int64_t bytes) {
  return block_from([](void** block, size_t size) { return cudaMalloc(block, size); }, bytes);
}
void unmap(std::byte* block) { check(cudaFree(block), "freeing memory"); }

std::byte* map_pinned(int64_t bytes) {
  return block_from([](void** block, size_t size) { return cudaMallocHost(block, size); }, bytes);
}
void unmap_pinned(std::byte* block) { check(cudaFreeHost(block), "freeing pinned memory"); }

void copy(Copy kind, void* to, const void* from, int64_t bytes) {
  require_present();
  if (bytes == 0) return;
  const cudaMemcpyKind kinds[] = {cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice};
  check(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), kinds[static_cast<int>(kind)], stream()), "copying");
  if (kind == Copy::to_host) wait();  // pageable memory that is copied to the device is staged before this returns
}

void zero(void* at, int64_t bytes) {
  require_present();
  if (bytes > 0) check(cudaMemsetAsync(at, 0, static_cast<size_t>(bytes), stream()), "zeroing");
}

void wait() { check(cudaStreamSynchronize(stream()), "waiting"); }

cudaStream_t stream() {
  require_present();
  static cudaStream_t made = fresh_stream();
  return recording ? recording : made;
}

Graph::Graph(const std::function<void()>& work) {
  require_present();
  cudaStream_t own = fresh_stream();
  cudaGraph_t graph = nullptr;
  const auto end = [&] {
    recording = nullptr;
    const cudaError_t ended = cudaStreamEndCapture(own, &graph);
    cudaStreamDestroy(own);
    return ended;
  };
  check(cudaStreamBeginCapture(own, cudaStreamCaptureModeThreadLocal), "recording");
  recording = own;
  try {
    work();
  } catch (...) {
    if (end() == cudaSuccess) cudaGraphDestroy(graph);
    throw;
  }
  check(end(), "recording");
  const cudaError_t made = cudaGraphInstantiate(&recorded_, graph, 0);
  cudaGraphDestroy(graph);
  check(made, "making a graph");
}

Graph::~Graph() { cudaGraphExecDestroy(recorded_); }

void Graph::launch() const { check(cudaGraphLaunch(recorded_, stream()), "starting a graph"); }

}  // namespace persea::cuda
