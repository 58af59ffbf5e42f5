// The arithmetic of optimizers, one pass over memory each.
#pragma once

#include <cstdint>
#include <span>

#include "tensor/dtype.h"

namespace persea::kernels {

// Sum of squares in double, in a fixed order.
struct SquaredNorm {
  int64_t count;
  const float* x;
  static double cpu(const SquaredNorm& kernel);
  static double cpu_all(std::span<const SquaredNorm> all);   // the sum of all
  static double cuda_all(std::span<const SquaredNorm> all);  // in few launches; waits for the GPU
};

// *y = 1 / (the root of the sum of squares + eps), where x lies: nobody waits for it.
struct InverseNorm {
  int64_t count;
  const float* x;
  double eps;
  float* y;
  static void cpu(const InverseNorm& kernel);
  static void cuda(const InverseNorm& kernel);
};

// AdamW (Loshchilov & Hutter 2019): m, v, then w -= lr * (m' / (sqrt(v') + eps) + decay * w), with g = factor *
// gradient. Where `rounded` is not null, the new weights are written there too, in bf16.
struct AdamW {
  int64_t count;
  float* weights;
  const float* gradient;
  float *m, *v;
  float factor, lr, beta1, beta2, eps, decay;
  float correction1, correction2;  // 1 - beta^t
  Bf16* rounded = nullptr;
  static void cpu(const AdamW& kernel);
  static void cpu_all(std::span<const AdamW> all);
  static void cuda_all(std::span<const AdamW> all);  // in few launches
};

}  // namespace persea::kernels
