// C = A B (+ C) in tiles of 64 x 64, for any shapes and strides: what runs where cuBLASLt is not installed or has no
// algorithm, and what it is held against. It refuses the tricks that make a library's product fast.
#include "kernels/cuda/product.h"

#include "kernels/cuda/tile.h"
#include "tensor/fp8.h"

namespace persea::kernels::cuda {
namespace {

constexpr int kTile = 64, kDepth = 32, kWarps = 4;

// Chosen number by number: what is asked of this kernel is not speed.
__device__ float number(const ConstNumbers& from, int64_t i) {
  switch (from.dtype) {
    case DType::bf16:
      return to_f32(as<Bf16>(from)[i]);
    case DType::f8_e4m3:
      return from_fp8(as<E4m3>(from)[i]);
    case DType::f8_e5m2:
      return from_fp8(as<E5m2>(from)[i]);
    default:
      return as<float>(from)[i];
  }
}

// Elements [row0, +64) x [k0, +32) of a factor whose "rows" are C's, rounded, zeros beyond its end.
template <class T>
__device__ void load_factor(const ConstNumbers& from, int64_t row_stride, int64_t depth_stride, int64_t row0,
                            int64_t rows, int64_t k0, int64_t depth, T* tile) {
  for (int i = static_cast<int>(threadIdx.x); i < kTile * kDepth; i += kWarps * 32) {
    const bool along = depth_stride == 1;  // neighbouring threads read neighbouring elements
    const int r = along ? i / kDepth : i % kTile, k = along ? i % kDepth : i / kTile;
    const bool inside = row0 + r < rows && k0 + k < depth;
    tile[r * pitch_of<T>(kDepth) + k] =
        rounded<T>(inside ? number(from, (row0 + r) * row_stride + (k0 + k) * depth_stride) : 0.0F);
  }
}

// Each warp makes 32 x 32 of the block's 64 x 64.
template <class T>
__global__ void __launch_bounds__(32 * kWarps) multiply_tiles(Factors g) {
  constexpr int kPitch = pitch_of<T>(kDepth);
  T* const a = dynamic_shared<T>();
  T* const b = a + kTile * kPitch;
  const int64_t row0 = int64_t{blockIdx.x} * kTile, column0 = int64_t{blockIdx.y} * kTile;
  const int warp = static_cast<int>(threadIdx.x) / 32, row = warp / 2 * 32, column = warp % 2 * 32;
  float c[2][4][4] = {};
  for (int64_t k0 = 0; k0 < g.k; k0 += kDepth) {
    __syncthreads();
    load_factor(g.a.data, g.a.row_stride, g.a.column_stride, row0, g.m, k0, g.k, a);
    load_factor(g.b.data, g.b.column_stride, g.b.row_stride, column0, g.n, k0, g.k, b);
    __syncthreads();
    for (int k = 0; k < kDepth; k += 16) {
      FragmentA<T> rows[2];
      for (int i = 0; i < 2; ++i) rows[i].template load<Depth::along>(a + (row + 16 * i) * kPitch + k, kPitch);
      for (int j = 0; j < 2; ++j) {
        FragmentB<T> columns;
        columns.template load<Depth::along>(b + (column + 16 * j) * kPitch + k, kPitch);
        for (int i = 0; i < 2; ++i) multiply(c[i][2 * j], c[i][2 * j + 1], rows[i], columns);
      }
    }
  }
  const float scale_a = g.a.scale ? *g.a.scale : 1, scale_b = g.b.scale ? *g.b.scale : 1;
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 4; ++j)
      for (int e = 0; e < 4; ++e) {
        const int64_t r = row0 + row + 16 * i + group() + 8 * (e / 2), n = column0 + column + 8 * j + two() + e % 2;
        if (r >= g.m || n >= g.n) continue;
        const int64_t at = r * g.ldc + n;
        const float sum = c[i][j][e] * scale_a * scale_b + (g.addend.at ? number(g.addend, at) : 0);
        if (g.c.dtype == DType::bf16)
          as<Bf16>(g.c)[at] = rounded<Bf16>(sum);
        else
          as<float>(g.c)[at] = sum;
      }
}

}  // namespace

void own_product(const Factors& g) {
  const dim3 blocks{blocks_for(g.m, kTile), blocks_for(g.n, kTile)};
  if (g.bf16)
    start(multiply_tiles<Bf16>, blocks, 32 * kWarps, 2 * kTile * pitch_of<Bf16>(kDepth) * sizeof(Bf16), g);
  else
    start(multiply_tiles<float>, blocks, 32 * kWarps, 2 * kTile * pitch_of<float>(kDepth) * sizeof(float), g);
}

}  // namespace persea::kernels::cuda
