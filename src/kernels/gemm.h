// C = A B (+ C): the matrix product, the heart of training and prefill. Work is split over the pool by blocks of C's
// rows; the order of additions into an element of C depends on nothing but the shapes, so results have the same bits on
// any number of threads. It refuses batches and alpha: callers fold factors into hooks.
#pragma once

#include <cstdint>
#include <functional>

#include "kernels/numbers.h"
#include "kernels/precision.h"

namespace persea::kernels {

// Element (i, j) lies at data[i * row_stride + j * column_stride]; one of the strides is 1.
struct Matrix {
  ConstNumbers data;
  int64_t row_stride, column_stride;
  const float* scale = nullptr;  // of fp8: what all elements are to be multiplied by, where they lie
};
inline Matrix row_major(ConstNumbers data, int64_t columns, const float* scale = nullptr) {
  return {data, columns, 1, scale};
}
inline Matrix transposed(ConstNumbers data, int64_t columns, const float* scale = nullptr) {
  return {data, 1, columns, scale};
}

struct Gemm {
  int64_t m, n, k;
  Matrix a;   // m x k
  Matrix b;   // k x n
  Numbers c;  // m x n, rows `ldc` apart
  int64_t ldc;
  bool accumulate = false;  // add to C instead of overwriting it
  // Factors that are bf16 already are multiplied as that; for fp8, RoundFp8 has made both.
  Precision precision = Precision::f32;

  // Fusion: `before` is called on a range of rows by the thread that is about to read those rows of A, `after` by the
  // thread that has just finished those rows of C, so both work on rows that lie in its cache. Each row is passed
  // exactly once.
  using RowHook = std::function<void(int64_t begin, int64_t end)>;
  RowHook before = {}, after = {};

  // Where not null, C = A B + this: of C's type, rows without gaps (ldc is n).
  ConstNumbers addend = {};

  static void cpu(const Gemm& gemm);
  static void cuda(const Gemm& gemm);  // without hooks
};

}  // namespace persea::kernels
