// Between qkv as the model has it and heads as the attention kernels want them: RoPE on the way in, back on the way
// out.
#pragma once

#include "kernels/cuda/attention_tiles.h"
#include "tensor/tensor.h"

namespace persea::kernels::cuda {

// The block's token: each has a block, whose threads go through its heads.
struct OwnToken {
  int64_t index, sequence, place;  // among all; in its sequence
  __device__ explicit OwnToken(const AttentionShape& s)
      : index(blockIdx.x),
        sequence(blockIdx.x / static_cast<unsigned>(s.length)),
        place(blockIdx.x % static_cast<unsigned>(s.length)) {}
};

// Heads of a token of qkv, of which the first are q's, then k's, then v's.
__device__ inline int all_heads(const AttentionShape& s) { return static_cast<int>(s.heads + 2 * s.kv_heads); }
__device__ inline bool is_q(const AttentionShape& s, int head) { return head < s.heads; }
__device__ inline bool is_v(const AttentionShape& s, int head) { return head >= s.heads + s.kv_heads; }

// Where a head of qkv lies packed.
template <int Width, class Number>
__device__ Number* packed_at(const AttentionShape& s, const OwnToken& token, int head, Number* q, Number* k,
                             Number* v) {
  const int64_t within = token.place * Width;
  if (is_q(s, head)) return q + head_offset<Width>(s, token.sequence, head, s.heads) + within;
  const int64_t of_kind = head - s.heads - (is_v(s, head) ? s.kv_heads : 0);
  return (is_v(s, head) ? v : k) + head_offset<Width>(s, token.sequence, of_kind, s.kv_heads) + within;
}

// Numbers i to i + Each of a head's halves, of q and k, turned by their angles (direction 1) or back (-1).
template <int Each>
__device__ void turn(const Attention& a, const OwnToken& token, int head, int i, float direction, Floats<Each>& first,
                     Floats<Each>& second) {
  if (is_v(a.shape, head)) return;
  const int64_t at = a.positions[token.index] * (a.shape.head_dim / 2) + i;
  const auto c = load<Each>(a.cos + at), n = load<Each>(a.sin + at);
  const float scale = is_q(a.shape, head) ? rsqrtf(static_cast<float>(a.shape.head_dim)) : 1;
#pragma unroll
  for (int j = 0; j < Each; ++j) {
    const float x = first.at[j], y = second.at[j], sine = direction * n.at[j];
    first.at[j] = (x * c.at[j] - y * sine) * scale;
    second.at[j] = (y * c.at[j] + x * sine) * scale;
  }
}

// A thread has Each numbers of each half of a padded head, or fills twice as many of the rest with zeros.
template <class T, int Width, int Each>
__global__ void pack_heads(Attention a, T* q, T* k, T* v) {
  constexpr int kOfHead = Width / 2 / Each;
  const AttentionShape& s = a.shape;
  const OwnToken token(s);
  const int half = static_cast<int>(s.head_dim / 2);
  for (int at = static_cast<int>(threadIdx.x); at < all_heads(s) * kOfHead; at += kAttentionThreads) {
    const int head = at / kOfHead, i = at % kOfHead * Each;
    T* const to = packed_at<Width>(s, token, head, q, k, v);
    if (i >= half) {
      store<Each>(Floats<Each>{}, to + 2 * i);
      store<Each>(Floats<Each>{}, to + 2 * i + Each);
      continue;
    }
    const T* x = as<T>(a.qkv) + token.index * s.qkv_columns() + head * s.head_dim + i;
    auto first = load<Each>(x), second = load<Each>(x + half);
    turn(a, token, head, i, 1, first, second);
    store<Each>(first, to + i);
    store<Each>(second, to + i + half);
  }
}

// dout like q, and delta: the sum of out * dout over a head.
template <class T, int Width, int Each>
__global__ void pack_gradients(AttentionBackward b, T* dout, float* delta) {
  constexpr int kLanes = Width / Each < 32 ? Width / Each : 32, kHeads = kAttentionThreads / kLanes;
  const AttentionShape& s = b.forward.shape;
  const OwnToken token(s);
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  for (int64_t head0 = 0; head0 < s.heads; head0 += kHeads) {  // whole warps: their lanes add up together
    const int64_t head = head0 + threadIdx.x / kLanes, from = (token.index * s.heads + head) * s.head_dim;
    T* const to = dout + head_offset<Width>(s, token.sequence, head, s.heads) + token.place * Width;
    float sum = 0;
    for (int i = lane * Each; head < s.heads && i < Width; i += kLanes * Each) {
      const bool inside = i < s.head_dim;
      const auto gradient = inside ? load<Each>(as<T>(b.dout) + from + i) : Floats<Each>{};
      const auto out = inside ? load<Each>(as<T>(b.forward.out) + from + i) : Floats<Each>{};
      store<Each>(gradient, to + i);
#pragma unroll
      for (int j = 0; j < Each; ++j) sum += gradient.at[j] * out.at[j];
    }
    for (int mask = kLanes / 2; mask > 0; mask /= 2) sum += __shfl_xor_sync(kAllLanes, sum, mask);
    if (lane == 0 && head < s.heads) delta[(token.sequence * s.heads + head) * s.length + token.place] = sum;
  }
}

// Packed gradients, turned back, into dqkv.
template <class T, int Width, int Each>
__global__ void unpack_gradients(AttentionBackward b, const float* dq, const float* dk, const float* dv) {
  constexpr int kOfHead = Width / 2 / Each;
  const AttentionShape& s = b.forward.shape;
  const OwnToken token(s);
  const int half = static_cast<int>(s.head_dim / 2);
  for (int at = static_cast<int>(threadIdx.x); at < all_heads(s) * kOfHead; at += kAttentionThreads) {
    const int head = at / kOfHead, i = at % kOfHead * Each;
    if (i >= half) continue;
    const float* from = packed_at<Width>(s, token, head, dq, dk, dv) + i;
    auto first = load<Each>(from), second = load<Each>(from + half);
    turn(b.forward, token, head, i, -1, first, second);
    T* const to = as<T>(b.dqkv) + token.index * s.qkv_columns() + head * s.head_dim + i;
    store<Each>(first, to);
    store<Each>(second, to + half);
  }
}

// Calls fn.operator()<Each>(): 8 numbers at once where halves of heads are multiples of 8 and all of these begin on 16
// bytes, else one.
template <class Fn>
void with_each(const AttentionShape& s, std::initializer_list<const void*> all, const Fn& fn) {
  bool wide = s.head_dim % 16 == 0;
  for (const void* at : all) wide = wide && reinterpret_cast<uintptr_t>(at) % 16 == 0;
  if (wide) return fn.template operator()<8>();
  fn.template operator()<1>();
}

inline dim3 block_a_token(const AttentionShape& s) { return dim3{static_cast<unsigned>(s.sequences * s.length)}; }

// q, k and v of all heads, packed.
template <class T, int Width>
struct Packed {
  Tensor elements;
  PackedHeads<T> heads;

  explicit Packed(const Attention& a) {
    const AttentionShape& s = a.shape;
    const int64_t one = s.sequences * s.length * Width;  // elements of a head of all sequences
    elements = Tensor({s.heads + 2 * s.kv_heads, one}, dtype_of<T>::value, cuda_device);
    T* const q = elements.data<T>();
    T *const k = q + s.heads * one, *const v = k + s.kv_heads * one;
    heads = {s, a.starts, q, k, v};
    with_each(s, {a.qkv.at, a.cos, a.sin}, [&]<int Each>() {
      start(pack_heads<T, Width, Each>, block_a_token(s), kAttentionThreads, 0, a, q, k, v);
    });
  }
};

// Calls fn.operator()<T, Width>() for the type that all is stored in and the narrowest width that holds a head. Throws
// std::logic_error for heads of more than 128.
template <class Fn>
void with_form(int64_t head_dim, std::initializer_list<ConstNumbers> all, const Fn& fn) {
  with_storage(1, all, [&]<class T, int>() {
    if (head_dim <= 16) return fn.template operator()<T, 16>();
    if (head_dim <= 32) return fn.template operator()<T, 32>();
    if (head_dim <= 64) return fn.template operator()<T, 64>();
    if (head_dim <= 128) return fn.template operator()<T, 128>();
    throw std::logic_error("attention: on a GPU a head has at most 128 numbers");
  });
}

}  // namespace persea::kernels::cuda
