// What CUDA's runtime returns, as an exception with its own words.
#pragma once

#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

namespace persea::cuda {

inline void check(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  throw std::runtime_error(std::string("cuda: ") + what + ": " + cudaGetErrorString(error));
}

}  // namespace persea::cuda
