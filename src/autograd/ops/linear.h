// linear(x, weight [out, in], gain?, residual?) -> residual + prologue(x) weight^T, [n, out].
// The prologue runs fused into the product: none (x is [n, in]); rms_norm with the gain [in]; swiglu (x is [n, 2 in],
// gate first); relu_squared. What the prologue makes is never kept: backward makes it again. The weight may be a slice,
// of which the ranks of a group hold one each.
#pragma once

#include "autograd/op.h"
#include "autograd/slice_group.h"
#include "kernels/precision.h"

namespace persea {
struct LinearOptions {
  enum class Prologue { none, rms_norm, swiglu, relu_squared } prologue = Prologue::none;
  float eps = 1e-5f;                                       // of rms_norm
  kernels::Precision precision = kernels::Precision::f32;  // of the products
  // Slices of rows make columns of the output, and parts of x's and the gain's gradient, which are summed; behind
  // rms_norm only. Slices of columns take columns of x and make parts of the product, which are summed; rank 0 adds the
  // residual.
  SliceGroup *rows = nullptr, *columns = nullptr;
};
const Op& linear_op();
}  // namespace persea
