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
  require_present();
  void* block = nullptr;
  const cudaError_t error = cudaMalloc(&block, static_cast<size_t>(bytes));
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  check(error, "allocating memory");
  return static_cast<std::byte*>(block);
}

void unmap(std::byte* block) { check(cudaFree(block), "freeing memory"); }

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
  static cudaStream_t made = [] {
    cudaStream_t fresh;
    check(cudaStreamCreateWithFlags(&fresh, cudaStreamNonBlocking), "making a stream");
    return fresh;
  }();
  return made;
}

}  // namespace persea::cuda
