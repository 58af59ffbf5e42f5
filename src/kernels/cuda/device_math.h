// What the CUDA kernels share: one thread for each element, sums over a block in a fixed order, numbers of either type
// 16 bytes at once. A kernel of activations is a template over the type T that they are stored in.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "kernels/cuda/instructions.h"
#include "kernels/cuda/launch.h"
#include "kernels/numbers.h"

namespace persea::kernels::cuda {

constexpr unsigned kAllLanes = 0xffffffffU;
constexpr int kThreads = 256;  // of a block, where nothing speaks for another number

template <class T>
__device__ T rounded(float value) {
  if constexpr (sizeof(T) == sizeof(float))
    return value;
  else
    return T{static_cast<uint16_t>(pack_bf16(value, 0))};
}
__device__ inline float to_f32(float value) { return value; }
__device__ inline float to_f32(Bf16 value) { return __uint_as_float(uint32_t{value.bits} << 16); }

template <int Width>
struct Floats {
  float at[Width];
};

// How many of a type are 16 bytes.
template <class T>
constexpr int kWide = static_cast<int>(16 / sizeof(T));

// Width > 1: a multiple of kWide<T>, and `from` is 16-byte aligned.
template <int Width, class T>
__device__ Floats<Width> load(const T* from) {
  Floats<Width> out;
  if constexpr (Width == 1) {
    out.at[0] = to_f32(*from);
  } else {
    static_assert(Width % kWide<T> == 0);
#pragma unroll
    for (int i = 0; i < Width; i += kWide<T>) {
      const uint4 some = *reinterpret_cast<const uint4*>(from + i);
      const uint32_t words[4] = {some.x, some.y, some.z, some.w};
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        if constexpr (kWide<T> == 4)
          out.at[i + j] = __uint_as_float(words[j]);
        else
          out.at[i + 2 * j] = __uint_as_float(words[j] << 16),
                         out.at[i + 2 * j + 1] = __uint_as_float(words[j] & 0xffff0000U);
      }
    }
  }
  return out;
}

template <int Width, class T>
__device__ void store(const Floats<Width>& value, T* to) {
  if constexpr (Width == 1) {
    *to = rounded<T>(value.at[0]);
  } else {
    static_assert(Width % kWide<T> == 0);
#pragma unroll
    for (int i = 0; i < Width; i += kWide<T>) {
      uint32_t words[4];
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        if constexpr (kWide<T> == 4)
          words[j] = __float_as_uint(value.at[i + j]);
        else
          words[j] = pack_bf16(value.at[i + 2 * j], value.at[i + 2 * j + 1]);
      }
      *reinterpret_cast<uint4*>(to + i) = make_uint4(words[0], words[1], words[2], words[3]);
    }
  }
}

// Numbers as the type that they are stored in, for kernels that with_storage() has chosen.
template <class T>
__device__ const T* as(const ConstNumbers& numbers) {
  return static_cast<const T*>(numbers.at);
}
template <class T>
__device__ T* as(const Numbers& numbers) {
  return static_cast<T*>(numbers.at);
}

// Calls fn.operator()<T, Width>() for the type that all of these (null ones aside) are stored in, and for as many at
// once as rows of `columns` of them allow: 16 bytes or one. Throws std::logic_error where their types differ.
template <class Fn>
void with_storage(int64_t columns, std::initializer_list<ConstNumbers> all, const Fn& fn) {
  DType dtype = DType::f32;
  bool aligned = true;
  for (const ConstNumbers& numbers : all) {
    aligned = aligned && reinterpret_cast<uintptr_t>(numbers.at) % 16 == 0;
    if (numbers) dtype = numbers.dtype;
  }
  for (const ConstNumbers& numbers : all)
    if (numbers && (numbers.dtype != dtype || (dtype != DType::f32 && dtype != DType::bf16)))
      throw std::logic_error("a kernel's numbers are of one type, f32 or bf16");
  const auto with_width = [&]<class T>(const T*) {
    if (aligned && columns % kWide<T> == 0) return fn.template operator()<T, kWide<T>>();
    return fn.template operator()<T, 1>();
  };
  if (dtype == DType::bf16)
    with_width(static_cast<const Bf16*>(nullptr));
  else
    with_width(static_cast<const float*>(nullptr));
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

template <class T>
__host__ __device__ T larger(T a, T b) {
  return a > b ? a : b;
}
template <class T>
__host__ __device__ T smaller(T a, T b) {
  return a < b ? a : b;
}

// The values of the block's threads (whole warps) put together in a fixed order, the same bits for each of them.
template <class T, class Combine>
__device__ T block_combined(T value, const Combine& combine) {
  __shared__ T of_warps[32];
  for (int mask = 16; mask > 0; mask /= 2) value = combine(value, __shfl_xor_sync(kAllLanes, value, mask));
  __syncthreads();  // all have read what an earlier call left
  if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = value;
  __syncthreads();
  T all = of_warps[0];
  for (unsigned warp = 1; warp < blockDim.x / 32; ++warp) all = combine(all, of_warps[warp]);
  return all;
}

struct Sum2 {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
struct Larger2 {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return larger(a, b);
  }
};
template <class T>
__device__ T block_sum(T value) {
  return block_combined(value, Sum2{});
}
template <class T>
__device__ T block_largest(T value) {
  return block_combined(value, Larger2{});
}

}  // namespace persea::kernels::cuda
