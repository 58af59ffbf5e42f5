// linear(x, weight [out, in], gain?, residual?) -> residual + prologue(x) weight^T, [n, out].
// The prologue runs fused into the product: none (x is [n, in]); rms_norm with the gain [in]; swiglu (x is [n, 2 in],
// gate first); relu_squared. What the prologue makes is never kept: backward makes it again.
#pragma once

#include "autograd/op.h"
#include "kernels/precision.h"

namespace persea {
struct LinearOptions {
  enum class Prologue { none, rms_norm, swiglu, relu_squared } prologue = Prologue::none;
  float eps = 1e-5f;                                       // of rms_norm
  kernels::Precision precision = kernels::Precision::f32;  // of the products
};
const Op& linear_op();
}  // namespace persea
