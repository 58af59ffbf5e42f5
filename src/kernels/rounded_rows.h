// Rows of activations as a GPU's tensor cores take them: each number a sum of bf16 numbers. What comes before a product
// (a norm, an activation) writes them at once. They are no tensor of a model and never leave a pass.
#pragma once

#include <cstdint>

#include "tensor/dtype.h"

namespace persea::kernels {

struct RoundedRows {
  int64_t rows, columns;
  int parts;   // 1: bf16's 8 bits of a number; 2: 16; 3: all 24
  Bf16* data;  // [parts][rows][pitch()]: the number to the nearest, then what is left of it to the nearest, ...

  constexpr int64_t pitch() const { return (columns + 31) / 32 * 32; }  // what fills them up is 0
  constexpr int64_t count() const { return parts * rows * pitch(); }
};

// to = form of the rows of x that `from` names, or, where that is null, of the first ones.
struct RoundRows {
  enum class Form {
    plain,        // x [.., columns]
    rms_norm,     // x / sqrt(mean(x^2) + eps) * gain, as RmsNorm
    swiglu,       // silu(gate) * up for x = [gate | up], as SwiGlu
    relu_squared  // max(0, x)^2, as ReluSquared
  };
  Form form;
  const float* x;
  RoundedRows to;
  const float* gain = nullptr;
  float eps = 0;
  const int32_t* from = nullptr;  // [to.rows]
  static void cuda(const RoundRows& k);
};

}  // namespace persea::kernels
