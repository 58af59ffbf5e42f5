// Between qkv as the model has it and heads as the attention kernels want them: RoPE on the way in, back on the way
// out.
#pragma once

#include "kernels/cuda/attention_tiles.h"
#include "tensor/tensor.h"

namespace persea::kernels::cuda {

// A thread for each pair (i, i + Width / 2) of a padded head: pairs (i, i + head_dim / 2) turn, the other threads fill
// the rest with zeros.
template <class T, int Width>
struct PackHeads {
  Attention a;
  T *q, *k, *v;
  __device__ void operator()(int64_t at) const {
    const AttentionShape& s = a.shape;
    const int64_t heads = s.heads + 2 * s.kv_heads, half = s.head_dim / 2;
    const int64_t i = at % (Width / 2), head = at / (Width / 2) % heads, token = at / (Width / 2) / heads;
    const bool is_q = head < s.heads, is_v = head >= s.heads + s.kv_heads;
    const int64_t of_kind = is_q ? head : (head - s.heads) % s.kv_heads;
    T* to = (is_q   ? q
             : is_v ? v
                    : k) +
            head_offset<Width>(s, token / s.length, of_kind, is_q ? s.heads : s.kv_heads) + token % s.length * Width;
    if (i >= half) {
      to[2 * i] = to[2 * i + 1] = rounded<T>(0);
      return;
    }
    const T* x = as<T>(a.qkv) + token * s.qkv_columns() + head * s.head_dim;
    float first = to_f32(x[i]), second = to_f32(x[i + half]);
    if (!is_v) {
      const float c = a.cos[a.positions[token] * half + i], n = a.sin[a.positions[token] * half + i];
      const float scale = is_q ? rsqrtf(static_cast<float>(s.head_dim)) : 1;
      const float turned = (first * c - second * n) * scale;
      second = (second * c + first * n) * scale;
      first = turned;
    }
    to[i] = rounded<T>(first);
    to[i + half] = rounded<T>(second);
  }
};

// dout like q, and delta: the sum of out * dout over a head. A warp for each token and head.
template <class T, int Width>
__global__ void pack_gradients(AttentionBackward b, T* dout, float* delta) {
  const AttentionShape& s = b.forward.shape;
  const int64_t at = int64_t{blockIdx.x} * kAttentionWarps + threadIdx.x / 32;
  if (at >= s.sequences * s.length * s.heads) return;
  const int64_t token = at / s.heads, head = at % s.heads, from = at * s.head_dim;
  T* to = dout + head_offset<Width>(s, token / s.length, head, s.heads) + token % s.length * Width;
  float sum = 0;
  for (int64_t i = threadIdx.x % 32; i < Width; i += 32) {
    const T gradient = i < s.head_dim ? as<T>(b.dout)[from + i] : rounded<T>(0);
    to[i] = gradient;
    if (i < s.head_dim) sum += to_f32(gradient) * to_f32(as<T>(b.forward.out)[from + i]);
  }
  sum = warp_sum(sum);
  if (threadIdx.x % 32 == 0) delta[(token / s.length * s.heads + head) * s.length + token % s.length] = sum;
}

// Packed gradients, turned back, into dqkv: a thread for each pair of a head.
template <class T, int Width>
struct UnpackGradients {
  AttentionBackward b;
  const float *dq, *dk, *dv;
  __device__ void operator()(int64_t at) const {
    const Attention& a = b.forward;
    const AttentionShape& s = a.shape;
    const int64_t heads = s.heads + 2 * s.kv_heads, half = s.head_dim / 2;
    const int64_t i = at % half, head = at / half % heads, token = at / half / heads;
    const bool is_q = head < s.heads, is_v = head >= s.heads + s.kv_heads;
    const int64_t of_kind = is_q ? head : (head - s.heads) % s.kv_heads;
    const float* from = (is_q   ? dq
                         : is_v ? dv
                                : dk) +
                        head_offset<Width>(s, token / s.length, of_kind, is_q ? s.heads : s.kv_heads) +
                        token % s.length * Width;
    float first = from[i], second = from[i + half];
    if (!is_v) {
      const float c = a.cos[a.positions[token] * half + i], n = a.sin[a.positions[token] * half + i];
      const float scale = is_q ? rsqrtf(static_cast<float>(s.head_dim)) : 1;
      const float turned = (first * c + second * n) * scale;
      second = (second * c - first * n) * scale;
      first = turned;
    }
    T* to = as<T>(b.dqkv) + token * s.qkv_columns() + head * s.head_dim;
    to[i] = rounded<T>(first);
    to[i + half] = rounded<T>(second);
  }
};

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
    each(s.sequences * s.length * (s.heads + 2 * s.kv_heads) * (Width / 2), PackHeads<T, Width>{a, q, k, v});
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
