// A bias added to each row, and its gradient: the sums of columns.
#pragma once

#include <cstdint>

#include "kernels/numbers.h"

namespace persea::kernels {

// y = x + bias, row by row; y may be x.
struct RowBias {
  int64_t rows, columns;
  ConstNumbers x;
  const float* bias;
  Numbers y;
  static void cpu(const RowBias& k);
  static void cuda(const RowBias& k);
};

// dbias (+)= sums of the columns of dy, in the order of the rows.
struct RowBiasBackward {
  int64_t rows, columns;
  ConstNumbers dy;
  float* dbias;
  bool accumulate;
  static void cpu(const RowBiasBackward& k);
  static void cuda(const RowBiasBackward& k);
};

}  // namespace persea::kernels
