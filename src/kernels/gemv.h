// y = x W^T for few rows of x, as decoding needs it: each weight is read from memory once, in order, and the time is
// that reading's. Many rows are Gemm's business.
#pragma once

#include <cstdint>

namespace persea::kernels {

// A row of y is the same bits whatever rows stand beside it and whatever the threads are.
struct Gemv {
  int64_t m, n, k;
  const float* x;           // [m, k]
  const float* w;           // [n, k]
  float* y;                 // [m, n]
  bool accumulate = false;  // add to y

  static constexpr int64_t kMaxRows = 12;  // above it Gemm is faster
  static void cpu(const Gemv& gemv);
};

}  // namespace persea::kernels
