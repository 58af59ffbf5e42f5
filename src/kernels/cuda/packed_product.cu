// Products of packed weights and few rows by the tensor cores: a block for a panel of 32 rows of W and up to 32 rows of
// x, its warps one behind the other along the depth. Each weight is read once for all of these rows, from memory into
// the registers that multiply it. What y's rows have is the same bits however many there are: a row of x is a column of
// its own of each mma, the depth is cut by the shape of W alone, and its parts are added up in their order.
#include "kernels/packed_product.h"

#include <algorithm>
#include <stdexcept>

#include "kernels/cuda/panel.h"

namespace persea::kernels {
namespace cuda {
namespace {

constexpr int kPanel = PackedWeights::kRows, kTile = 8, kMostWarps = 16;
constexpr int64_t kMostPanels = 65535;  // of a grid's second dimension

struct PanelProduct {
  const std::byte* weights;
  int64_t n, panel_bytes;
  RoundedRows x;
  float* y;
  bool accumulate;
};

// Steps whose loads are under way at once.
template <WeightType Type>
constexpr int kAhead = Type == WeightType::f32  ? 1
                       : Type == WeightType::q4 ? 3
                                                : 2;

// sums += a step's products with Tiles times 8 rows of x from row0 on.
template <WeightType Type, int Tiles>
__device__ void multiply_step(const Slab<Type>& slab, const RoundedRows& x, int64_t row0, int64_t step,
                              float (&sums)[Tiles][2][4]) {
  constexpr int kMmas = Slab<Type>::kDepth / 16, kParts = Slab<Type>::kParts;
  uint32_t a[kMmas][2][kParts][4];
#pragma unroll
  for (int j = 0; j < kMmas; ++j)
#pragma unroll
    for (int tile = 0; tile < 2; ++tile) slab.fragments(j, tile, a[j][tile]);
#pragma unroll
  for (int t = 0; t < Tiles; ++t) {
    const int64_t row = smaller(row0 + kTile * t + group(), x.rows - 1);  // beyond the end: of sums that nobody wants
    const Bf16* at = x.data + row * x.pitch() + step * Slab<Type>::kDepth + 2 * two();
    float block[2][4] = {};
#pragma unroll
    for (int j = 0; j < kMmas; ++j) {
      uint32_t b[kParts][2];
#pragma unroll
      for (int p = 0; p < kParts; ++p) {
        const auto words = *reinterpret_cast<const uint2*>(at + p * x.rows * x.pitch() + 16 * j);
        b[p][0] = words.x, b[p][1] = words.y;
      }
#pragma unroll
      for (int tile = 0; tile < 2; ++tile)
#pragma unroll
        for (int p = 0; p < kParts; ++p)
#pragma unroll
          for (int q = 0; p + q < kParts; ++q) {  // the others are below the last bit
            if constexpr (Slab<Type>::kScaled)
              mma_bf16(block[tile], a[j][tile][p], b[q]);
            else
              mma_bf16(sums[t][tile], a[j][tile][p], b[q]);
          }
    }
    if constexpr (Slab<Type>::kScaled) {
#pragma unroll
      for (int tile = 0; tile < 2; ++tile)
#pragma unroll
        for (int i = 0; i < 4; ++i) sums[t][tile][i] += slab.scale(2 * tile + i / 2) * block[tile][i];
    }
  }
}

// Blocks go through the rows of x first, so that a panel is read from memory once for all of them; `panel0`: of the
// first, since a launch has at most kMostPanels.
template <WeightType Type, int Tiles>
__global__ void __launch_bounds__(32 * kMostWarps) multiply_panel(PanelProduct p, int64_t panel0) {
  __shared__ float parts[kMostWarps][kTile * kPanel];
  constexpr int kDepth = Slab<Type>::kDepth;
  const int warps = static_cast<int>(blockDim.x) / 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int64_t own_panel = panel0 + blockIdx.y;
  const int64_t row0 = int64_t{blockIdx.x} * kTile * Tiles, steps = (p.x.columns + kDepth - 1) / kDepth;
  const int64_t first = steps * warp / warps, last = steps * (warp + 1) / warps;
  const std::byte* panel = p.weights + own_panel * p.panel_bytes;

  float sums[Tiles][2][4] = {};
  Slab<Type> slabs[kAhead<Type>];
#pragma unroll
  for (int i = 0; i < kAhead<Type>; ++i)
    if (first + i < last) slabs[i].load(panel, first + i, p.x.columns);
  for (int64_t step = first; step < last; step += kAhead<Type>)
#pragma unroll
    for (int i = 0; i < kAhead<Type>; ++i) {
      if (step + i >= last) break;
      const Slab<Type> slab = slabs[i];
      if (step + i + kAhead<Type> < last) slabs[i].load(panel, step + i + kAhead<Type>, p.x.columns);
      multiply_step<Type, Tiles>(slab, p.x, row0, step + i, sums);
    }

#pragma unroll
  for (int t = 0; t < Tiles; ++t) {
    __syncthreads();  // the last tile is used up
#pragma unroll
    for (int tile = 0; tile < 2; ++tile)
#pragma unroll
      for (int i = 0; i < 4; ++i)
        parts[warp][(two() + i % 2) * kPanel + 4 * group() + 2 * tile + i / 2] = sums[t][tile][i];
    __syncthreads();
    for (int i = static_cast<int>(threadIdx.x); i < kTile * kPanel; i += static_cast<int>(blockDim.x)) {
      const int64_t row = row0 + kTile * t + i / kPanel, column = own_panel * kPanel + i % kPanel;
      if (row >= p.x.rows || column >= p.n) continue;
      float sum = 0;
      for (int w = 0; w < warps; ++w) sum += parts[w][i];
      float* to = p.y + row * p.n + column;
      *to = p.accumulate ? *to + sum : sum;
    }
  }
}

// As many warps in all as keep memory busy, each with a few steps at least.
int warps_of(int64_t panels, int64_t depth) {
  const int64_t wanted = panels >= 512 ? 4 : panels >= 256 ? 8 : kMostWarps;
  return static_cast<int>(std::clamp<int64_t>(depth / 128, 1, wanted));
}

template <WeightType Type, int Tiles>
void multiply_all(const RoundedProduct& p) {
  const int64_t panels = p.weights.panels();
  const PanelProduct product{p.weights.data, p.weights.n, p.weights.panel_bytes(), p.x, p.y, p.accumulate};
  for (int64_t panel0 = 0; panel0 < panels; panel0 += kMostPanels) {
    const dim3 blocks{blocks_for(p.x.rows, kTile * Tiles),
                      static_cast<unsigned>(std::min(kMostPanels, panels - panel0))};
    start(multiply_panel<Type, Tiles>, blocks, 32 * warps_of(panels, p.weights.k), 0, product, panel0);
  }
}

template <WeightType Type>
void multiply_type(const RoundedProduct& p) {
  if (p.x.rows <= kTile) return multiply_all<Type, 1>(p);
  if (p.x.rows <= 2 * kTile) return multiply_all<Type, 2>(p);
  multiply_all<Type, 4>(p);  // the sums of more would not stay in registers
}

// One number of a packed row.
struct UnpackBody {
  UnpackRows k;
  int64_t panel_bytes;
  __device__ void operator()(int64_t at) const {
    const PackedWeights& w = k.weights;
    const int64_t row = k.rows[at / w.k], i = at % w.k, in_panel = row % kPanel, block = i / 32;
    if (row < 0) {
      k.out[at] = 0;
      return;
    }
    const std::byte* panel = w.data + row / kPanel * panel_bytes;
    const auto half = [&](const std::byte* from, int64_t j) { return half_to_f32(load_as<uint16_t>(from + 2 * j)); };
    const auto byte = [&](const std::byte* from, int64_t j) {
      return static_cast<int>(load_as<uint8_t>(from + 64 + (j / 4 * kPanel + in_panel) * 4 + j % 4));
    };
    switch (w.type) {
      case WeightType::f32:
        k.out[at] = load_as<float>(panel + (i * kPanel + in_panel) * 4);
        return;
      case WeightType::f16:
        k.out[at] = half(panel, i * kPanel + in_panel);
        return;
      case WeightType::bf16:
        k.out[at] = to_f32(load_as<Bf16>(panel + (i * kPanel + in_panel) * 2));
        return;
      case WeightType::q8:
        panel += block * kPanel * 34;
        k.out[at] = half(panel, in_panel) * static_cast<float>(byte(panel, i % 32) - 128);
        return;
      case WeightType::q4:
        panel += block * kPanel * 18;
        k.out[at] = half(panel, in_panel) * static_cast<float>((byte(panel, i % 16) >> (i % 32 / 16 * 4) & 15) - 8);
        return;
    }
  }
};

}  // namespace
}  // namespace cuda

void RoundedProduct::cuda(const RoundedProduct& p) {
  if (p.x.parts != parts_for(p.weights.type) || p.x.columns != p.weights.k)
    throw std::logic_error("rounded_product: rows that are not for these weights");
  switch (p.weights.type) {
    case WeightType::f32:
      return cuda::multiply_type<WeightType::f32>(p);
    case WeightType::f16:
      return cuda::multiply_type<WeightType::f16>(p);
    case WeightType::bf16:
      return cuda::multiply_type<WeightType::bf16>(p);
    case WeightType::q8:
      return cuda::multiply_type<WeightType::q8>(p);
    case WeightType::q4:
      return cuda::multiply_type<WeightType::q4>(p);
  }
}

void UnpackRows::cuda(const UnpackRows& k) {
  cuda::each(k.count * k.weights.k, cuda::UnpackBody{k, k.weights.panel_bytes()});
}

}  // namespace persea::kernels
