// Starting a CUDA kernel. Included by .cu files only; tests/cuda_emulator has a twin that runs the same kernels on the
// CPU.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "tensor/cuda.h"
#include "tensor/cuda/check.h"

namespace persea::cuda {

// Every kernel is started with one dimension of threads; `shared_bytes` of dynamic shared memory may be all that the
// processor has. Throws std::runtime_error for a launch that cannot be.
template <class... Parameters, class... Arguments>
void start_on(cudaStream_t stream, void (*kernel)(Parameters...), dim3 blocks, int threads, size_t shared_bytes,
              const Arguments&... arguments) {
  if (blocks.x == 0 || blocks.y == 0 || blocks.z == 0) return;
  if (shared_bytes > 48 << 10)
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes)),
          "shared memory of a kernel");
  kernel<<<blocks, threads, shared_bytes, stream>>>(arguments...);
  check(cudaGetLastError(), "starting a kernel");
}

// The block's dynamic shared memory.
template <class T>
__device__ T* dynamic_shared() {
  extern __shared__ __align__(16) unsigned char shared_bytes[];
  return reinterpret_cast<T*>(shared_bytes);
}

inline unsigned blocks_for(int64_t count, int64_t each) { return static_cast<unsigned>((count + each - 1) / each); }

}  // namespace persea::cuda
