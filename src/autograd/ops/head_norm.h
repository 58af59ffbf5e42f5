// head_norm(qkv [n, (heads + 2 kv_heads) head_dim], q_gain, k_gain [head_dim]) -> like qkv: each q and k head divided
// by its root mean square and scaled (QK-norm, Henry et al. 2020); v as it is.
#pragma once

#include "autograd/op.h"
#include "autograd/slice_group.h"

namespace persea {
struct HeadNormOptions {
  int64_t heads = 0, kv_heads = 0;
  float eps = 1e-5f;
  SliceGroup* rows = nullptr;  // where each rank has heads of its own: the gains' gradients are summed
};
const Op& head_norm_op();
}  // namespace persea
