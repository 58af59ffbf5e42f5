// Causal self-attention over packed q, k, v rows, with RoPE on the way in and grouped key/value heads. Forward keeps
// only each query's log-sum-exp; backward recomputes the scores tile by tile: T x T is never stored (Dao et al. 2022,
// arXiv:2205.14135). It refuses a cache: decoding has its own kernel.
#pragma once

#include <cstdint>

#include "kernels/numbers.h"
#include "kernels/precision.h"

namespace persea::kernels {

struct AttentionShape {
  int64_t sequences, length, heads, kv_heads, head_dim;
  constexpr int64_t qkv_columns() const { return (heads + 2 * kv_heads) * head_dim; }
};

struct Attention {
  AttentionShape shape;
  ConstNumbers qkv;          // [sequences * length, qkv_columns]: all q heads, then k heads, then v heads
  const int32_t* positions;  // [sequences * length], for RoPE
  const int32_t* starts;     // [sequences * length]: first index in the row that the token may attend to
  const float *cos,
      *sin;     // [positions, head_dim / 2]; element i turns (x[i], x[i + head_dim / 2]), as Hugging Face does
  Numbers out;  // [sequences * length, heads * head_dim]
  float* lse;   // [sequences, heads, length]: log-sum-exp of the scaled scores, or null
  Precision precision = Precision::f32;  // of the products; on a GPU they are of what qkv and out are stored in

  static void cpu(const Attention& attention);
  static void cuda(const Attention& attention);
};

struct AttentionBackward {
  Attention forward;  // as it ran: out and lse filled
  ConstNumbers dout;  // like out
  Numbers dqkv;       // like qkv, overwritten

  static void cpu(const AttentionBackward& backward);
  static void cuda(const AttentionBackward& backward);
};

}  // namespace persea::kernels
