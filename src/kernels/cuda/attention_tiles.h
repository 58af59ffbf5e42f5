// What the attention kernels share: factors packed head by head, tiles of 64 tokens in shared memory, and which keys a
// query sees. Kernels are written for an element type (float: exact, for tests; Bf16: the tensor cores) and a padded
// width of heads.
#pragma once

#include "kernels/attention.h"
#include "kernels/cuda/tile.h"

namespace persea::kernels::cuda {

constexpr int kTokens = 64, kAttentionWarps = 4;  // of a tile; each warp has 16 of its tokens
constexpr int kAttentionThreads = 32 * kAttentionWarps;
constexpr float kMasked = -1e30F;

// Heads of all sequences, packed: [sequence][head][token][width], q turned and scaled, k turned, zeros beyond head_dim.
template <class T>
struct PackedHeads {
  AttentionShape shape;
  const int32_t* starts;
  const T *q, *k, *v;
};

// What backward needs besides.
template <class T>
struct PackedGradients {
  const T* dout;             // like q
  const float *lse, *delta;  // [sequence][head][token]
  float *dq, *dk, *dv;       // like q, k, v; of q and k still turned
};

// Shared memory that a block may have on every GPU of compute capability 8.0 or later.
constexpr size_t kSharedBytes = 99 << 10;

// The block's tile of 64 tokens of a head, of `heads` of a sequence. Blocks are counted in one dimension, tile by tile,
// head by head, since the others end at 65,535.
struct HeadTile {
  int64_t tile, head, sequence;
};
__host__ __device__ inline int64_t tiles_of(const AttentionShape& s) { return (s.length + kTokens - 1) / kTokens; }
__device__ inline HeadTile own_tile(const AttentionShape& s, int64_t heads) {
  const auto tiles = static_cast<unsigned>(tiles_of(s)), of_heads = static_cast<unsigned>(heads);
  const unsigned head = blockIdx.x / tiles;
  return {blockIdx.x % tiles, head % of_heads, head / of_heads};
}
inline dim3 blocks_of(const AttentionShape& s, int64_t heads) {
  return dim3{static_cast<unsigned>(tiles_of(s) * heads * s.sequences)};
}

template <int Width>
__host__ __device__ int64_t head_offset(const AttentionShape& s, int64_t sequence, int64_t head, int64_t heads) {
  return (sequence * heads + head) * s.length * Width;
}

// Tokens [first, first + count) of a head, 16 bytes a thread; zeros from `length` on.
template <class T, int Width>
__device__ void load_tokens(const T* head, int64_t first, int count, int64_t length, T* tile) {
  constexpr int kEach = static_cast<int>(16 / sizeof(T)), kRow = Width / kEach;
  for (int i = static_cast<int>(threadIdx.x); i < count * kRow; i += kAttentionThreads) {
    const int row = i / kRow, column = i % kRow * kEach;
    const bool inside = first + row < length;
    const uint4 some =
        inside ? *reinterpret_cast<const uint4*>(head + (first + row) * Width + column) : make_uint4(0, 0, 0, 0);
    *reinterpret_cast<uint4*>(tile + row * pitch_of<T>(Width) + column) = some;
  }
}

// One number for each token of a tile, `beyond` from `length` on.
template <class Number>
__device__ void load_numbers(const Number* from, int64_t first, int count, int64_t length, Number beyond, Number* to) {
  for (int i = static_cast<int>(threadIdx.x); i < count; i += kAttentionThreads)
    to[i] = first + i < length ? from[first + i] : beyond;
}

__device__ inline bool sees(int64_t query, int32_t start, int64_t key) { return start <= key && key <= query; }

// e^x: the float kernels are held against references to the last bits.
template <class T>
__device__ float exponential(float x) {
  if constexpr (sizeof(T) == sizeof(float))
    return expf(x);
  else
    return __expf(x);
}

// The largest, and the sum, of what the four lanes of a group hold of a row.
__device__ inline float row_largest(float value) {
  value = larger(value, __shfl_xor_sync(kAllLanes, value, 1));
  return larger(value, __shfl_xor_sync(kAllLanes, value, 2));
}
__device__ inline float row_sum(float value) {
  value += __shfl_xor_sync(kAllLanes, value, 1);
  return value + __shfl_xor_sync(kAllLanes, value, 2);
}

// c [16, columns] += A B, with the depth along both tiles: rows of A, rows of B.
template <class T, int Columns, int Deep>
__device__ void multiply_rows(float (&c)[Columns / 8][4], const T* a, int a_pitch, const T* b, int b_pitch) {
#pragma unroll
  for (int k = 0; k < Deep; k += 16) {
    FragmentA<T> rows;
    rows.template load<Depth::along>(a + k, a_pitch);
#pragma unroll
    for (int n = 0; n < Columns; n += 16) {
      FragmentB<T> columns;
      columns.template load<Depth::along>(b + n * b_pitch + k, b_pitch);
      multiply(c[n / 8], c[n / 8 + 1], rows, columns);
    }
  }
}

// c [16, Columns] += weights [16, Deep] B: the weights are results of an earlier product, B's depth goes down its tile.
template <class T, int Columns, int Deep>
__device__ void multiply_weights(float (&c)[Columns / 8][4], const float (&weights)[Deep / 8][4], const T* b,
                                 int b_pitch, T* scratch) {
#pragma unroll
  for (int k = 0; k < Deep; k += 16) {
    FragmentA<T> rows;
    rows.take(weights[k / 8], weights[k / 8 + 1], scratch);
#pragma unroll
    for (int n = 0; n < Columns; n += 16) {
      FragmentB<T> columns;
      columns.template load<Depth::down>(b + k * b_pitch + n, b_pitch);
      multiply(c[n / 8], c[n / 8 + 1], rows, columns);
    }
  }
}

}  // namespace persea::kernels::cuda
