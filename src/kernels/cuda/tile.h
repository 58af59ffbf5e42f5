// Products of small tiles in shared memory, written once for f32 (plain multiply-adds, exact) and for bf16 (the tensor
// cores, sums in f32). A warp holds 16 x 8 results in the layout of mma.m16n8k16: with group = lane / 4 and two =
// lane % 4 * 2, c[i] is (group + 8 (i / 2), two + i % 2).
#pragma once

#include "kernels/cuda/device_math.h"
#include "kernels/cuda/instructions.h"
#include "tensor/dtype.h"

namespace persea::kernels::cuda {

__device__ inline int lane() { return static_cast<int>(threadIdx.x % 32); }
__device__ inline int group() { return lane() / 4; }
__device__ inline int two() { return lane() % 4 * 2; }

// Elements between two rows of a tile of `columns`: 16 bytes more, so that eight rows lie in different banks.
template <class T>
__host__ __device__ constexpr int pitch_of(int columns) {
  return columns + static_cast<int>(16 / sizeof(T));
}

// How a fragment's depth k lies in its tile.
enum class Depth { along, down };  // along the rows, or from row to row

// 16 rows x 16 deep: A(r, k) lies at tile[r * pitch + k] (along) or tile[k * pitch + r] (down).
template <class T>
struct FragmentA;
// 16 deep x 16 columns: B(k, n) lies at tile[n * pitch + k] (along) or tile[k * pitch + n] (down).
template <class T>
struct FragmentB;

template <>
struct FragmentA<Bf16> {
  uint32_t words[4];

  template <Depth D>
  __device__ void load(const Bf16* tile, int pitch) {
    const int half = lane() / 16 * 8, middle = lane() / 8 % 2 * 8, row = lane() % 8;
    if constexpr (D == Depth::along)
      load_matrices<false>(words, tile + (middle + row) * pitch + half);
    else
      load_matrices<true>(words, tile + (half + row) * pitch + middle);
  }

  // Two results of products, side by side, become a factor. Needs no scratch.
  __device__ void take(const float (&left)[4], const float (&right)[4], Bf16*) {
    words[0] = pack_bf16(left[0], left[1]);
    words[1] = pack_bf16(left[2], left[3]);
    words[2] = pack_bf16(right[0], right[1]);
    words[3] = pack_bf16(right[2], right[3]);
  }
};

template <>
struct FragmentB<Bf16> {
  uint32_t words[4];

  template <Depth D>
  __device__ void load(const Bf16* tile, int pitch) {
    const int half = lane() / 16 * 8, middle = lane() / 8 % 2 * 8, row = lane() % 8;
    if constexpr (D == Depth::along)
      load_matrices<false>(words, tile + (half + row) * pitch + middle);
    else
      load_matrices<true>(words, tile + (middle + row) * pitch + half);
  }
};

// The f32 fragments stay where they lie.
struct FragmentInPlace {
  const float* at;
  int step_outer, step_depth;
};

template <>
struct FragmentA<float> : FragmentInPlace {
  static constexpr int kPitch = 20;             // of the scratch of take()
  static constexpr int kScratch = 16 * kPitch;  // floats, of each warp

  template <Depth D>
  __device__ void load(const float* tile, int pitch) {
    at = tile;
    step_outer = D == Depth::along ? pitch : 1;
    step_depth = D == Depth::along ? 1 : pitch;
  }

  __device__ void take(const float (&left)[4], const float (&right)[4], float* scratch) {
    __syncwarp();  // nobody reads what lies there any more
    for (int i = 0; i < 4; ++i) {
      float* to = scratch + (group() + 8 * (i / 2)) * kPitch + two() + i % 2;
      to[0] = left[i], to[8] = right[i];
    }
    __syncwarp();
    load<Depth::along>(scratch, kPitch);
  }
};

template <>
struct FragmentB<float> : FragmentInPlace {
  template <Depth D>
  __device__ void load(const float* tile, int pitch) {
    at = tile;
    step_outer = D == Depth::along ? pitch : 1;
    step_depth = D == Depth::along ? 1 : pitch;
  }
};

// left and right += A times columns 0-7 and 8-15 of B.
__device__ inline void multiply(float (&left)[4], float (&right)[4], const FragmentA<Bf16>& a,
                                const FragmentB<Bf16>& b) {
  const uint32_t first[2] = {b.words[0], b.words[1]}, second[2] = {b.words[2], b.words[3]};
  mma_bf16(left, a.words, first);
  mma_bf16(right, a.words, second);
}

__device__ inline void multiply(float (&left)[4], float (&right)[4], const FragmentA<float>& a,
                                const FragmentB<float>& b) {
  const float *rows = a.at + group() * a.step_outer, *columns = b.at + two() * b.step_outer;
#pragma unroll 1  // unrolled, these would be most of the program
  for (int k = 0; k < 16; ++k, rows += a.step_depth, columns += b.step_depth) {
    const float upper = rows[0], lower = rows[8 * a.step_outer];
    for (int i = 0; i < 2; ++i) {
      const float first = columns[i * b.step_outer], second = columns[(8 + i) * b.step_outer];
      left[i] += upper * first, left[2 + i] += lower * first;
      right[i] += upper * second, right[2 + i] += lower * second;
    }
  }
}

// Floats of scratch that FragmentA<T>::take needs for each warp.
template <class T>
constexpr int take_scratch() {
  if constexpr (sizeof(T) == sizeof(float))
    return FragmentA<float>::kScratch;
  else
    return 0;
}

}  // namespace persea::kernels::cuda
