// attention(qkv [n, (heads + 2 kv_heads) head_dim], positions i32 [n], starts i32 [n], cos, sin [positions, head_dim /
// 2])
// -> [n, heads head_dim]: RoPE, then causal attention within each row of `length` tokens and each document of the row.
#pragma once

#include "autograd/op.h"
#include "kernels/precision.h"

namespace persea {
struct AttentionOptions {
  int64_t length = 0, heads = 0, kv_heads = 0, head_dim = 0;
  kernels::Precision precision = kernels::Precision::f32;  // of the products
};
const Op& attention_op();
}  // namespace persea
