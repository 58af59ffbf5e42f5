// linear_cross_entropy(x [n, dim], weight [vocab, dim], targets i32 [n], scale [1]) -> [1]: scale * the sum of -log
// softmax(x weight^T) at the targets; a target of -1 counts for nothing, and the scale is a constant. The logits are
// made and used up in chunks of rows, never stored as a whole: forward makes the gradients with the loss, for an
// upstream gradient of 1, and backward hands them over. The weight may be a slice of the vocabulary, of which the ranks
// of a group hold one each.
#pragma once

#include "autograd/op.h"
#include "autograd/slice_group.h"
#include "kernels/precision.h"

namespace persea {
struct CrossEntropyOptions {
  float soft_cap = 0;                                      // logits become cap * tanh(logits / cap)
  kernels::Precision precision = kernels::Precision::f32;  // of the products
  // Where each rank holds some of the weight's rows: targets are numbered from its own first row, those of others are
  // kernels::kTargetElsewhere. The losses are those of the whole vocabulary, on each rank.
  SliceGroup* rows = nullptr;
  int64_t vocab = 0;  // of the whole, with `rows`
};
const Op& linear_cross_entropy_op();

// The losses alone, token by token: [n].
Tensor linear_cross_entropy_losses(const Tensor& x, const Tensor& weight, const Tensor& targets,
                                   const CrossEntropyOptions& options);
}  // namespace persea
