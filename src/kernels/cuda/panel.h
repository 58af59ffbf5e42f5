// What a lane holds of a panel of packed weights for a step of the depth, as the factor A of mma.m16n8k16. The panel's
// order suits it as it is: with group = lane / 4, a lane loads rows 4 group to 4 group + 3 at depths 4 (lane % 4) to
// 4 (lane % 4) + 3 of each 16. Of these rows the products' tile t has 2 t and 2 t + 1 (as its rows group and group +
// 8), and its depths two and two + 1 are the first two of the four, two + 8 and two + 9 the others: rows and depths may
// have any names, as long as y's rows and x's depths have the same.
#pragma once

#include <cstddef>

#include "kernels/cuda/round_each.h"
#include "kernels/cuda/tile.h"
#include "kernels/packed_weights.h"

namespace persea::kernels::cuda {

// All have: kDepth, of a step; kParts, of a number; kScaled, whether scale(r) of row r of the four multiplies products;
// load() of a panel's step, and fragments() of 16 of its depths.
template <WeightType Type>
struct Slab;

template <class T>
__device__ T load_as(const std::byte* at) {
  return *reinterpret_cast<const T*>(at);
}

// The lower, or upper, halves of two words side by side.
__device__ inline uint32_t halves(uint32_t first, uint32_t second, bool upper) {
  return upper ? first >> 16 | (second & 0xffff0000U) : (first & 0xffffU) | second << 16;
}

// Bytes 0 and 1, or 2 and 3, of a word as two halves.
__device__ inline uint32_t spread(uint32_t word, bool upper) {
  const uint32_t two = upper ? word >> 16 : word;
  return (two & 0xffU) | (two & 0xff00U) << 8;
}

// Numbers that stand for themselves: `Word` holds the lane's four rows at one depth.
template <int Parts, class Word, int64_t Bytes>
struct NumberSlab {
  static constexpr int kDepth = 16, kParts = Parts;
  static constexpr bool kScaled = false;
  Word words[4];

  __device__ void load(const std::byte* panel, int64_t step, int64_t depth) {
#pragma unroll
    for (int c = 0; c < 4; ++c) {
      const int64_t d = step * kDepth + 2 * two() + c;
      words[c] = d < depth ? load_as<Word>(panel + (d * PackedWeights::kRows + 4 * group()) * Bytes) : Word{};
    }
  }
  __device__ float scale(int) const { return 1; }
};

// What fragments() of a slab gives whose number(c, row), that of a row at the lane's depth c, is split into parts.
template <class Split>
__device__ void split_fragments(const Split& slab, int tile, uint32_t (&a)[Split::kParts][4]) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    uint32_t parts[Split::kParts];
    const int row = 2 * tile + i % 2, c = i / 2 * 2;
    split(slab.number(c, row), slab.number(c + 1, row), parts);
    for (int p = 0; p < Split::kParts; ++p) a[p][i] = parts[p];
  }
}

template <>
struct Slab<WeightType::f32> : NumberSlab<3, float4, 4> {
  __device__ float number(int c, int row) const {
    const float4& w = words[c];
    return row == 0 ? w.x : row == 1 ? w.y : row == 2 ? w.z : w.w;
  }
  __device__ void fragments(int, int tile, uint32_t (&a)[kParts][4]) const { split_fragments(*this, tile, a); }
};

template <>
struct Slab<WeightType::f16> : NumberSlab<2, uint2, 2> {
  __device__ float number(int c, int row) const {
    const uint32_t word = row < 2 ? words[c].x : words[c].y;
    return half_to_f32(static_cast<uint16_t>(row % 2 == 0 ? word : word >> 16));
  }
  __device__ void fragments(int, int tile, uint32_t (&a)[kParts][4]) const { split_fragments(*this, tile, a); }
};

template <>
struct Slab<WeightType::bf16> : NumberSlab<1, uint2, 2> {
  __device__ void fragments(int, int tile, uint32_t (&a)[kParts][4]) const {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const uint2 &first = words[i / 2 * 2], &second = words[i / 2 * 2 + 1];
      a[0][i] = tile == 0 ? halves(first.x, second.x, i % 2 == 1) : halves(first.y, second.y, i % 2 == 1);
    }
  }
};

// Blocks of 32: integers, which bf16 holds exactly, and a scale for each row. `Words` of four bytes of each of the four
// rows follow each other 128 bytes apart.
template <int Words>
struct BlockSlab {
  static constexpr int kDepth = 32, kParts = 1;
  static constexpr bool kScaled = true;
  uint4 words[Words];
  uint2 scales;

  __device__ void load(const std::byte* panel, int64_t step, int64_t) {
    const std::byte* block = panel + step * PackedWeights::kRows * (2 + 16 * Words);
    scales = load_as<uint2>(block + 8 * group());
#pragma unroll
    for (int i = 0; i < Words; ++i)
      words[i] = load_as<uint4>(block + 2 * PackedWeights::kRows + (4 * i + two() / 2) * 128 + 16 * group());
  }
  __device__ uint32_t word(int i, int row) const {
    const uint4& w = words[i];
    return row == 0 ? w.x : row == 1 ? w.y : row == 2 ? w.z : w.w;
  }
  __device__ float scale(int row) const {
    const uint32_t pair = row < 2 ? scales.x : scales.y;
    return half_to_f32(static_cast<uint16_t>(row % 2 == 0 ? pair : pair >> 16));
  }
};

// A byte less 128. bf16 steps by one from 128 to 256: its seven lower bits are put there, and 256, or, where the upper
// bit is set, 128, is taken away.
template <>
struct Slab<WeightType::q8> : BlockSlab<2> {
  __device__ void fragments(int j, int tile, uint32_t (&a)[kParts][4]) const {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const uint32_t bytes = spread(word(j, 2 * tile + i % 2), i / 2 == 1);
      a[0][i] = add_bf16((bytes & 0x007f007fU) | 0x43004300U, (bytes & 0x00800080U) ^ 0xc380c380U);
    }
  }
};

// Four bits less 8: 128 more, less 136. The lower ones are the block's first half.
template <>
struct Slab<WeightType::q4> : BlockSlab<1> {
  __device__ void fragments(int j, int tile, uint32_t (&a)[kParts][4]) const {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const uint32_t bytes = spread(word(0, 2 * tile + i % 2), i / 2 == 1) >> (4 * j);
      a[0][i] = add_bf16((bytes & 0x000f000fU) | 0x43004300U, 0xc308c308U);
    }
  }
};

}  // namespace persea::kernels::cuda
