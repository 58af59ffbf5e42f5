// Softmax and cross-entropy of rows of logits, in place; of whole rows, or of columns of them that several ranks hold.
#pragma once

#include <cstdint>

#include "kernels/numbers.h"

namespace persea::kernels {

// losses[r] = logsumexp(row) - row[target]; 0 where the target is negative. With a `scale`, a number that lies where
// they do, the logits become the gradient *scale * (softmax(row) - onehot(target)), 0 in rows without a target. With soft_cap c > 0 the logits are
// first c * tanh(logits / c), and the gradient is through it.
struct SoftmaxCrossEntropy {
  int64_t rows, columns;
  Numbers logits;
  const int32_t* targets;
  float* losses;
  const float* scale;  // null: no gradient
  float soft_cap;
  static void cpu_rows(const SoftmaxCrossEntropy& kernel, int64_t begin, int64_t end);
  static void cuda(const SoftmaxCrossEntropy& kernel);
};

// A target among the columns of another rank; a negative one that is not this counts for nothing.
inline constexpr int32_t kTargetElsewhere = -2;

// What a rank knows of a row by its own columns.
struct SoftmaxPart {
  float maximum;  // of the logits
  float sum;      // of e^(logit - maximum)
  float target;   // the target's logit; 0 where it is elsewhere
};

// parts[r] of rows of logits, after soft_cap. With `gradient` the logits become what FinishSoftmax takes.
struct PartialSoftmax {
  int64_t rows, columns;
  float* logits;
  const int32_t* targets;
  SoftmaxPart* parts;
  float soft_cap;
  bool gradient;
  static void cpu_rows(const PartialSoftmax& kernel, int64_t begin, int64_t end);
  static void cuda(const PartialSoftmax& kernel);
};

// Losses, and with a `scale` the gradient in place of the logits, as SoftmaxCrossEntropy makes them of whole rows,
// from parts [ranks, rows] of all columns; those of this rank are parts[rank].
struct FinishSoftmax {
  int64_t rows, columns;
  float* logits;
  const int32_t* targets;
  const SoftmaxPart* parts;
  int ranks, rank;
  float* losses;
  const float* scale;  // null: no gradient
  float soft_cap;
  static void cpu(const FinishSoftmax& kernel);
  static void cuda(const FinishSoftmax& kernel);
};

}  // namespace persea::kernels
