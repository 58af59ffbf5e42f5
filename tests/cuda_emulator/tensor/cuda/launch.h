// The emulator's twin of src/tensor/cuda/launch.h.
#pragma once

#include <cuda_runtime.h>

#include "tensor/cuda.h"
#include "tensor/cuda/check.h"

namespace persea::cuda {

template <class... Parameters, class... Arguments>
void start_on(cudaStream_t, void (*kernel)(Parameters...), dim3 blocks, int threads, size_t shared_bytes,
              const Arguments&... arguments) {
  emulator::run(blocks, static_cast<unsigned>(threads), shared_bytes, [&] { kernel(arguments...); });
}

template <class T>
T* dynamic_shared() {
  return reinterpret_cast<T*>(emulator::shared_memory());
}

inline unsigned blocks_for(int64_t count, int64_t each) { return static_cast<unsigned>((count + each - 1) / each); }

}  // namespace persea::cuda
