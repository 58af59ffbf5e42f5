// Row-wise arithmetic: norms and activations. Each kernel has a `cpu` over all rows on the pool and, where a product
// fuses it (Gemm::before / after), a `cpu_rows` that works on a range of rows on the calling thread; `cuda` asks the
// GPU for all rows. The numbers of one kernel are of one type; gains and their gradients are f32.
#pragma once

#include <cstdint>

#include "kernels/numbers.h"

namespace persea::kernels {

// y = x / sqrt(mean(x^2) + eps) * gain, row by row (Zhang & Sennrich 2019). gain may be null.
struct RmsNorm {
  int64_t rows, columns;
  ConstNumbers x;
  const float* gain;
  float eps;
  Numbers y;
  static void cpu_rows(const RmsNorm& norm, int64_t begin, int64_t end);
  static void cpu(const RmsNorm& norm);
  static void cuda(const RmsNorm& norm);
};

// dx (+)= gradient of RmsNorm for dy; dgain (+)= column sums of dy * x / rms where not null.
struct RmsNormBackward {
  int64_t rows, columns;
  ConstNumbers x;
  const float* gain;
  ConstNumbers dy;
  float eps;
  Numbers dx;  // may be dy itself; null: not wanted
  bool accumulate_dx;
  float* dgain;  // null: not wanted
  bool accumulate_dgain;
  static void cpu(const RmsNormBackward& backward);
  static void cuda(const RmsNormBackward& backward);
};

// y[rows, columns] = silu(gate) * up for x = [gate | up] of [rows, 2 columns] (Shazeer 2020).
struct SwiGlu {
  int64_t rows, columns;
  ConstNumbers x;
  Numbers y;
  static void cpu_rows(const SwiGlu& glu, int64_t begin, int64_t end);
  static void cpu(const SwiGlu& glu);
  static void cuda(const SwiGlu& glu);
};
struct SwiGluBackward {
  int64_t rows, columns;
  ConstNumbers x, dy;
  Numbers dx;  // [rows, 2 columns]
  bool accumulate;
  Numbers y = {};  // where not null, what SwiGlu made, once more
  static void cpu_rows(const SwiGluBackward& backward, int64_t begin, int64_t end);
  static void cpu(const SwiGluBackward& backward);
  static void cuda(const SwiGluBackward& backward);
};

// y = max(0, x)^2 (So et al. 2021).
struct ReluSquared {
  int64_t rows, columns;
  ConstNumbers x;
  Numbers y;
  static void cpu_rows(const ReluSquared& relu, int64_t begin, int64_t end);
  static void cpu(const ReluSquared& relu);
  static void cuda(const ReluSquared& relu);
};
struct ReluSquaredBackward {
  int64_t rows, columns;
  ConstNumbers x, dy;
  Numbers dx;
  bool accumulate;
  static void cpu_rows(const ReluSquaredBackward& backward, int64_t begin, int64_t end);
  static void cpu(const ReluSquaredBackward& backward);
  static void cuda(const ReluSquaredBackward& backward);
};

// y = a * x + b * y over `count` elements.
struct Axpby {
  int64_t count;
  float a;
  ConstNumbers x;
  float b;
  Numbers y;
  static void cpu(const Axpby& axpby);
  static void cuda(const Axpby& axpby);
};

// Inverted dropout of x, then the residual added: y = residual + keep * x / (1 - p). The mask is a pure function of
// (seed, element), so that backward recomputes it: dx (+)= keep * dy / (1 - p) is the same kernel without a residual. x
// may be a part of what the mask covers.
struct Dropout {
  int64_t count;
  float probability;
  uint64_t seed;
  ConstNumbers x, residual;  // residual may be null
  Numbers y;
  bool accumulate;    // add to y
  int64_t first = 0;  // x[0]'s element
  static void cpu(const Dropout& dropout);
  static void cuda(const Dropout& dropout);
};

}  // namespace persea::kernels
