// What the CUDA kernels share: one thread for each element, sums over a block in a fixed order, four floats at once.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "kernels/cuda/launch.h"

namespace persea::kernels::cuda {

constexpr unsigned kAllLanes = 0xffffffffU;
constexpr int kThreads = 256;  // of a block, where nothing speaks for another number

template <int Width>
struct Floats {
  float at[Width];
};

// Width 4: `from` is 16-byte aligned.
template <int Width>
__device__ Floats<Width> load(const float* from) {
  if constexpr (Width == 4) {
    const float4 four = *reinterpret_cast<const float4*>(from);
    return {{four.x, four.y, four.z, four.w}};
  } else {
    return {{*from}};
  }
}

template <int Width>
__device__ void store(const Floats<Width>& value, float* to) {
  if constexpr (Width == 4)
    *reinterpret_cast<float4*>(to) = make_float4(value.at[0], value.at[1], value.at[2], value.at[3]);
  else
    *to = value.at[0];
}

// Whether rows of `columns` floats from these places on (null ones aside) can be read four at once.
inline bool by_four(int64_t columns, std::initializer_list<const void*> places) {
  bool aligned = columns % 4 == 0;
  for (const void* place : places) aligned = aligned && reinterpret_cast<uintptr_t>(place) % 16 == 0;
  return aligned;
}

// body(i) for each i in [0, count), a thread each.
template <class Body>
__global__ void each_kernel(int64_t count, Body body) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < count) body(i);
}
template <class Body>
void each(int64_t count, const Body& body) {
  start(each_kernel<Body>, dim3{blocks_for(count, kThreads)}, kThreads, 0, count, body);
}

__device__ inline float warp_sum(float value) {
  for (int mask = 16; mask > 0; mask /= 2) value += __shfl_xor_sync(kAllLanes, value, mask);
  return value;
}

// The sum over the block's threads (whole warps), the same bits for each of them.
template <class T>
__device__ T block_sum(T value) {
  __shared__ T sums[32];
  for (int mask = 16; mask > 0; mask /= 2) value += __shfl_xor_sync(kAllLanes, value, mask);
  __syncthreads();  // all have read what an earlier call left
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = value;
  __syncthreads();
  T total = 0;
  for (unsigned warp = 0; warp < blockDim.x / 32; ++warp) total += sums[warp];
  return total;
}

template <class T>
__device__ T larger(T a, T b) {
  return a > b ? a : b;
}
template <class T>
__host__ __device__ T smaller(T a, T b) {
  return a < b ? a : b;
}

}  // namespace persea::kernels::cuda
