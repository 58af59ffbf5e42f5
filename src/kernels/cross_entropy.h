// Softmax and cross-entropy of rows of logits, in place.
#pragma once

#include <cstdint>

#include "kernels/numbers.h"

namespace persea::kernels {

// losses[r] = logsumexp(row) - row[target]; 0 where the target is negative. With `scale` not 0 the logits become the
// gradient scale * (softmax(row) - onehot(target)), 0 in rows without a target. With soft_cap c > 0 the logits are
// first c * tanh(logits / c), and the gradient is through it.
struct SoftmaxCrossEntropy {
  int64_t rows, columns;
  Numbers logits;
  const int32_t* targets;
  float* losses;
  float scale, soft_cap;
  static void cpu_rows(const SoftmaxCrossEntropy& kernel, int64_t begin, int64_t end);
  static void cuda(const SoftmaxCrossEntropy& kernel);
};

}  // namespace persea::kernels
