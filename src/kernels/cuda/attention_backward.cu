// Attention backward in two kernels that each own what they write, so that nothing is added up by atomics and every run
// has the same bits: one for the gradients of keys and values, one for those of queries. The scores are made twice.
#include "kernels/attention.h"

#include "kernels/cuda/attention_pack.h"

namespace persea::kernels {
namespace cuda {
namespace {

// Queries at once in the keys' kernel, whose sums take twice the registers, and keys at once in the queries': as many
// as shared memory holds.
template <class T, int Width>
constexpr int kQueries = sizeof(T) * Width > 256 ? 16
                         : Width > 64            ? 32
                                                 : 64;
template <class T, int Width>
constexpr int kKeys = sizeof(T) * Width > 256 ? 16 : 64;

template <class T, int Width, int Rows>
struct BackwardTiles {
  static constexpr int kPitch = pitch_of<T>(Width);
  T own[kTokens * kPitch], own_too[kTokens * kPitch];  // the block's tokens: k and v, or q and dout
  T other[Rows * kPitch], other_too[Rows * kPitch];    // those that pass by
  T scratch[kAttentionWarps * (take_scratch<T>() + 8)];
  float lse[kTokens], delta[kTokens];
  int32_t starts[kTokens];
};

// A warp's 16 rows of a packed gradient, f32.
template <int Width>
__device__ void store_rows(const float (&sums)[Width / 8][4], int64_t token0, int64_t length, float* head) {
  for (int i = 0; i < 4; ++i) {
    const int64_t token = token0 + group() + 8 * (i / 2);
    if (token >= length) continue;
    for (int n = 0; n < Width / 8; ++n) head[token * Width + 8 * n + two() + i % 2] = sums[n][i];
  }
}

// A block for 64 keys of a key/value head: all queries of its heads that see them pass by. Rows are keys.
template <class T, int Width>
__global__ void __launch_bounds__(kAttentionThreads) gradients_of_keys(PackedHeads<T> p, PackedGradients<T> g) {
  constexpr int kRows = kQueries<T, Width>;
  using Tiles = BackwardTiles<T, Width, kRows>;
  static_assert(sizeof(Tiles) <= kSharedBytes);
  auto& tiles = *dynamic_shared<Tiles>();
  const AttentionShape& s = p.shape;
  const auto [tile, kv_head, sequence] = own_tile(s, s.kv_heads);
  const int64_t key0 = tile * kTokens;
  const int64_t heads = s.heads / s.kv_heads, own_head = head_offset<Width>(s, sequence, kv_head, s.kv_heads);
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int32_t* starts = p.starts + sequence * s.length;
  T* scratch = tiles.scratch + warp * take_scratch<T>();

  load_tokens<T, Width>(p.k + own_head, key0, kTokens, s.length, tiles.own);
  load_tokens<T, Width>(p.v + own_head, key0, kTokens, s.length, tiles.own_too);
  float dk[Width / 8][4] = {}, dv[Width / 8][4] = {};
  for (int64_t head = kv_head * heads; head < (kv_head + 1) * heads; ++head) {
    const int64_t at = head_offset<Width>(s, sequence, head, s.heads);
    const int64_t numbers = (sequence * s.heads + head) * s.length;
    for (int64_t query0 = key0; query0 < s.length; query0 += kRows) {
      const int64_t mine = query0 + threadIdx.x;
      if (!__syncthreads_or(threadIdx.x < kRows && mine < s.length && starts[mine] < key0 + kTokens)) continue;
      load_tokens<T, Width>(p.q + at, query0, kRows, s.length, tiles.other);
      load_tokens<T, Width>(g.dout + at, query0, kRows, s.length, tiles.other_too);
      load_numbers(g.lse + numbers, query0, kRows, s.length, 0.0F, tiles.lse);
      load_numbers(g.delta + numbers, query0, kRows, s.length, 0.0F, tiles.delta);
      load_numbers(starts, query0, kRows, s.length, 0x7fffffff, tiles.starts);  // beyond the end: sees nothing
      __syncthreads();
      float weights[kRows / 8][4] = {}, dscores[kRows / 8][4] = {};
      multiply_rows<T, kRows, Width>(weights, tiles.own + 16 * warp * Tiles::kPitch, Tiles::kPitch, tiles.other,
                                     Tiles::kPitch);
      multiply_rows<T, kRows, Width>(dscores, tiles.own_too + 16 * warp * Tiles::kPitch, Tiles::kPitch, tiles.other_too,
                                     Tiles::kPitch);
#pragma unroll
      for (int n = 0; n < kRows / 8; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const int query = 8 * n + two() + i % 2;
          const int64_t key = key0 + 16 * warp + group() + 8 * (i / 2);
          const bool seen = sees(query0 + query, tiles.starts[query], key);
          weights[n][i] = seen ? exponential<T>(weights[n][i] - tiles.lse[query]) : 0;
          dscores[n][i] = weights[n][i] * (dscores[n][i] - tiles.delta[query]);
        }
      multiply_weights<T, Width, kRows>(dv, weights, tiles.other_too, Tiles::kPitch, scratch);
      multiply_weights<T, Width, kRows>(dk, dscores, tiles.other, Tiles::kPitch, scratch);
    }
  }
  store_rows<Width>(dk, key0 + 16 * warp, s.length, g.dk + own_head);
  store_rows<Width>(dv, key0 + 16 * warp, s.length, g.dv + own_head);
}

// A block for 64 queries of a head: the keys that they see pass by. Rows are queries.
template <class T, int Width>
__global__ void __launch_bounds__(kAttentionThreads) gradients_of_queries(PackedHeads<T> p, PackedGradients<T> g) {
  constexpr int kRows = kKeys<T, Width>;
  using Tiles = BackwardTiles<T, Width, kRows>;
  static_assert(sizeof(Tiles) <= kSharedBytes);
  auto& tiles = *dynamic_shared<Tiles>();
  const AttentionShape& s = p.shape;
  const auto [tile, head, sequence] = own_tile(s, s.heads);
  const int64_t query0 = (tiles_of(s) - 1 - tile) * kTokens, end = smaller(query0 + kTokens, s.length);
  const int64_t at = head_offset<Width>(s, sequence, head, s.heads);
  const int64_t of_keys = head_offset<Width>(s, sequence, head / (s.heads / s.kv_heads), s.kv_heads);
  const int64_t numbers = (sequence * s.heads + head) * s.length;
  const int warp = static_cast<int>(threadIdx.x) / 32;

  load_tokens<T, Width>(p.q + at, query0, kTokens, s.length, tiles.own);
  load_tokens<T, Width>(g.dout + at, query0, kTokens, s.length, tiles.own_too);
  load_numbers(g.lse + numbers, query0, kTokens, s.length, 0.0F, tiles.lse);
  load_numbers(g.delta + numbers, query0, kTokens, s.length, 0.0F, tiles.delta);
  load_numbers(p.starts + sequence * s.length, query0, kTokens, s.length, 0x7fffffff, tiles.starts);
  __syncthreads();
  int32_t first = 0x7fffffff;
  for (int i = 0; i < kTokens; ++i) first = smaller(first, tiles.starts[i]);

  float dq[Width / 8][4] = {};
  for (int64_t key0 = first / kRows * kRows; key0 < end; key0 += kRows) {
    __syncthreads();
    load_tokens<T, Width>(p.k + of_keys, key0, kRows, s.length, tiles.other);
    load_tokens<T, Width>(p.v + of_keys, key0, kRows, s.length, tiles.other_too);
    __syncthreads();
    float scores[kRows / 8][4] = {}, dscores[kRows / 8][4] = {};
    multiply_rows<T, kRows, Width>(scores, tiles.own + 16 * warp * Tiles::kPitch, Tiles::kPitch, tiles.other,
                                   Tiles::kPitch);
    multiply_rows<T, kRows, Width>(dscores, tiles.own_too + 16 * warp * Tiles::kPitch, Tiles::kPitch, tiles.other_too,
                                   Tiles::kPitch);
#pragma unroll
    for (int n = 0; n < kRows / 8; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int query = 16 * warp + group() + 8 * (i / 2);
        const bool seen = sees(query0 + query, tiles.starts[query], key0 + 8 * n + two() + i % 2);
        const float weight = seen ? exponential<T>(scores[n][i] - tiles.lse[query]) : 0;
        dscores[n][i] = weight * (dscores[n][i] - tiles.delta[query]);
      }
    multiply_weights<T, Width, kRows>(dq, dscores, tiles.other, Tiles::kPitch,
                                      tiles.scratch + warp * take_scratch<T>());
  }
  store_rows<Width>(dq, query0 + 16 * warp, s.length, g.dq + at);
}

}  // namespace
}  // namespace cuda

void AttentionBackward::cuda(const AttentionBackward& b) {
  const Attention& a = b.forward;
  cuda::with_form(a.shape.head_dim, {a.qkv, a.out, b.dout, b.dqkv}, [&]<class T, int Width>() {
    const AttentionShape& s = b.forward.shape;
    const int64_t one = s.sequences * s.length * Width, tokens = s.sequences * s.length;
    const cuda::Packed<T, Width> packed(b.forward);
    const Tensor dout({s.heads, one}, dtype_of<T>::value, cuda_device),
        delta({tokens * s.heads}, DType::f32, cuda_device),
        gradients({s.heads + 2 * s.kv_heads, one}, DType::f32, cuda_device);
    float *const dq = gradients.data(), *const dk = dq + s.heads * one, *const dv = dk + s.kv_heads * one;
    const cuda::PackedGradients<T> g{dout.data<T>(), b.forward.lse, delta.data(), dq, dk, dv};
    cuda::with_each(s, {a.out.at, b.dout.at}, [&]<int Each>() {
      cuda::start(cuda::pack_gradients<T, Width, Each>, cuda::block_a_token(s), cuda::kAttentionThreads, 0, b,
                  dout.data<T>(), delta.data());
    });
    cuda::start(cuda::gradients_of_keys<T, Width>, cuda::blocks_of(s, s.kv_heads), cuda::kAttentionThreads,
                sizeof(cuda::BackwardTiles<T, Width, cuda::kQueries<T, Width>>), packed.heads, g);
    cuda::start(cuda::gradients_of_queries<T, Width>, cuda::blocks_of(s, s.heads), cuda::kAttentionThreads,
                sizeof(cuda::BackwardTiles<T, Width, cuda::kKeys<T, Width>>), packed.heads, g);
    cuda::with_each(s, {a.cos, a.sin, b.dqkv.at}, [&]<int Each>() {
      cuda::start(cuda::unpack_gradients<T, Width, Each>, cuda::block_a_token(s), cuda::kAttentionThreads, 0, b, dq, dk,
                  dv);
    });
  });
}

}  // namespace persea::kernels
