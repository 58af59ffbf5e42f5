// Attention forward after Dao 2023 (FlashAttention-2, arXiv:2307.08691): a block for 64 queries of a head, which pass
// over the keys that they see, 64 or 32 at a time, with a running softmax; each warp has 16 queries to itself.
#include "kernels/attention.h"

#include "kernels/cuda/attention_pack.h"

namespace persea::kernels {
namespace cuda {
namespace {

// Keys at once: as many as shared memory holds.
template <class T, int Width>
constexpr int kKeys = sizeof(T) * Width > 256 ? 32 : 64;

template <class T, int Width>
struct ForwardTiles {
  static constexpr int kPitch = pitch_of<T>(Width);
  T q[kTokens * kPitch], k[kKeys<T, Width> * kPitch], v[kKeys<T, Width> * kPitch];
  T scratch[kAttentionWarps * (take_scratch<T>() + 8)];
  int32_t starts[kTokens];
};

// Scores that a query must not see become kMasked. `query0` and `key0`: of this warp's first row and of the tile.
template <int Tiles>
__device__ void mask(float (&scores)[Tiles][4], int64_t query0, const int32_t* starts, int64_t key0) {
#pragma unroll
  for (int n = 0; n < Tiles; ++n)
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = group() + 8 * (i / 2);
      if (!sees(query0 + row, starts[row], key0 + 8 * n + two() + i % 2)) scores[n][i] = kMasked;
    }
}

// The running softmax of a warp's rows; a lane holds parts of rows group() and group() + 8.
template <class T, int Width>
struct Running {
  float maximum[2] = {kMasked, kMasked}, sum[2] = {0, 0};
  float out[Width / 8][4] = {};

  // Scores become weights relative to the new maximum; what was summed up shrinks to it.
  template <int Tiles>
  __device__ void add(float (&scores)[Tiles][4]) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float high = maximum[half];
#pragma unroll
      for (int n = 0; n < Tiles; ++n) high = larger(high, larger(scores[n][2 * half], scores[n][2 * half + 1]));
      high = row_largest(high);
      const float rescale = exponential<T>(maximum[half] - high);
      float total = 0;
#pragma unroll
      for (int n = 0; n < Tiles; ++n)
#pragma unroll
        for (int i = 2 * half; i < 2 * half + 2; ++i) total += scores[n][i] = exponential<T>(scores[n][i] - high);
      sum[half] = sum[half] * rescale + row_sum(total);
      maximum[half] = high;
#pragma unroll
      for (int n = 0; n < Width / 8; ++n) out[n][2 * half] *= rescale, out[n][2 * half + 1] *= rescale;
    }
  }
};

template <class T, int Width>
__global__ void __launch_bounds__(kAttentionThreads) attend(PackedHeads<T> p, T* out, float* lse) {
  auto& tiles = *dynamic_shared<ForwardTiles<T, Width>>();
  static_assert(sizeof tiles <= kSharedBytes);
  constexpr int kPitch = ForwardTiles<T, Width>::kPitch, kStep = kKeys<T, Width>;
  const AttentionShape& s = p.shape;
  const auto [tile, head, sequence] = own_tile(s, s.heads);
  const int64_t query0 = (tiles_of(s) - 1 - tile) * kTokens;  // the longest rows first
  const int64_t kv_head = head / (s.heads / s.kv_heads), end = smaller(query0 + kTokens, s.length);
  const T* keys = p.k + head_offset<Width>(s, sequence, kv_head, s.kv_heads);
  const T* values = p.v + head_offset<Width>(s, sequence, kv_head, s.kv_heads);
  const int warp = static_cast<int>(threadIdx.x) / 32;

  load_tokens<T, Width>(p.q + head_offset<Width>(s, sequence, head, s.heads), query0, kTokens, s.length, tiles.q);
  load_numbers(p.starts + sequence * s.length, query0, kTokens, s.length, 0, tiles.starts);
  __syncthreads();
  int32_t first = 0x7fffffff, last = 0;  // starts of queries that are there
  for (int i = 0; i < kTokens && query0 + i < s.length; ++i) {
    first = smaller(first, tiles.starts[i]);
    last = larger(last, tiles.starts[i]);
  }

  Running<T, Width> running;
  const T* own_queries = tiles.q + 16 * warp * kPitch;
  for (int64_t key0 = first / kStep * kStep; key0 < end; key0 += kStep) {
    __syncthreads();  // the last tile is used up
    load_tokens<T, Width>(keys, key0, kStep, s.length, tiles.k);
    load_tokens<T, Width>(values, key0, kStep, s.length, tiles.v);
    __syncthreads();
    float scores[kStep / 8][4] = {};
    multiply_rows<T, kStep, Width>(scores, own_queries, kPitch, tiles.k, kPitch);
    if (key0 >= query0 || key0 < last) mask(scores, query0 + 16 * warp, tiles.starts + 16 * warp, key0);
    running.add(scores);
    multiply_weights<T, Width, kStep>(running.out, scores, tiles.v, kPitch, tiles.scratch + warp * take_scratch<T>());
  }

  for (int half = 0; half < 2; ++half) {
    const int64_t query = query0 + 16 * warp + group() + 8 * half;
    if (query >= s.length) continue;
    const float factor = 1 / running.sum[half];
    T* row = out + ((sequence * s.length + query) * s.heads + head) * s.head_dim;
    for (int n = 0; n < Width / 8; ++n)
      for (int i = 0; i < 2; ++i) {
        const int column = 8 * n + two() + i;
        if (column < s.head_dim) row[column] = rounded<T>(running.out[n][2 * half + i] * factor);
      }
    if (lse && two() == 0)
      lse[(sequence * s.heads + head) * s.length + query] = running.maximum[half] + logf(running.sum[half]);
  }
}

}  // namespace
}  // namespace cuda

void Attention::cuda(const Attention& a) {
  cuda::with_form(a.shape.head_dim, {a.qkv, a.out}, [&]<class T, int Width>() {
    const cuda::Packed<T, Width> packed(a);
    cuda::start(cuda::attend<T, Width>, cuda::blocks_of(a.shape, a.shape.heads), cuda::kAttentionThreads,
                sizeof(cuda::ForwardTiles<T, Width>), packed.heads, static_cast<T*>(a.out.at), a.lse);
  });
}

}  // namespace persea::kernels
