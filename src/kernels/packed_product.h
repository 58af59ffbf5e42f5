// y = x W^T over packed weights, for one row of x and for hundreds. The sum of an element runs along the depth in one
// order whatever rows stand beside it: a row of y is the same bits in any batch and on any number of threads.
#pragma once

#include "kernels/packed_weights.h"
#include "kernels/rounded_rows.h"

namespace persea::kernels {

// For f32, f16 and bf16 weights the sums are f32. For q8 and q4, x is rounded to signed bytes in groups of 128 (scale:
// the largest magnitude / 127), the bytes of two blocks of 32 are multiplied as integers, and the blocks' sums are
// added in f32.
struct PackedProduct {
  PackedWeights weights;
  int64_t m;
  const float* x;           // [m, k]
  float* y;                 // [m, n]
  bool accumulate = false;  // add to y
  // The weights of the product that follows: a thread that is done fetches the beginning of its share of them.
  const PackedWeights* next = nullptr;

  static void cpu(const PackedProduct& product);
};

// The same of rows that are rounded already, on a GPU: weights are taken as they lie, their numbers (of q8 and q4
// before their scales) exactly. The depth is shared out among a block's warps by the shape of the weights alone.
struct RoundedProduct {
  PackedWeights weights;
  RoundedRows x;            // of parts_for(weights.type) parts
  float* y;                 // [x.rows, n]
  bool accumulate = false;  // add to y

  // f32: 3, which leaves f32's own rounding; f16: 2; else 1.
  static constexpr int parts_for(WeightType type) {
    return type == WeightType::f32 ? 3 : type == WeightType::f16 ? 2 : 1;
  }
  static void cuda(const RoundedProduct& product);
};

}  // namespace persea::kernels
