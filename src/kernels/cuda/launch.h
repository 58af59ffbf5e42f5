// Starting a CUDA kernel on the process's stream. Included by .cu files only.
#pragma once

#include "tensor/cuda/launch.h"

namespace persea::kernels::cuda {

using persea::cuda::blocks_for, persea::cuda::dynamic_shared;

template <class... Parameters, class... Arguments>
void start(void (*kernel)(Parameters...), dim3 blocks, int threads, size_t shared_bytes,
           const Arguments&... arguments) {
  persea::cuda::start_on(persea::cuda::stream(), kernel, blocks, threads, shared_bytes, arguments...);
}

}  // namespace persea::kernels::cuda
