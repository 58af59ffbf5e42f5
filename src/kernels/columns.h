// Small moves and sums of whole tensors that ops need beside their arithmetic.
#pragma once

#include <cstdint>

#include "kernels/numbers.h"

namespace persea::kernels {

// to[r][0, columns) = from[r][0, columns): a range of columns, taken out or put back.
struct CopyColumns {
  int64_t rows, columns;
  ConstNumbers from;
  int64_t from_stride;
  Numbers to;  // of from's type
  int64_t to_stride;
  static void cpu(const CopyColumns& k);
  static void cuda(const CopyColumns& k);
};

// y [columns, rows] = x [rows, columns] transposed.
struct Transpose {
  int64_t rows, columns;
  const float* x;
  float* y;
  static void cpu(const Transpose& k);
  static void cuda(const Transpose& k);
};

// *y = *factor * the sum of x, added up in double in a fixed order; the factor lies where x does.
struct Sum {
  int64_t count;
  const float* x;
  const float* factor;
  float* y;
  static void cpu(const Sum& k);
  static void cuda(const Sum& k);
};

// x *= *factor, a number that lies where x does; nothing is read or written where it is 1.
struct ScaleBy {
  int64_t count;
  const float* factor;
  Numbers x;
  static void cpu(const ScaleBy& k);
  static void cuda(const ScaleBy& k);
};

}  // namespace persea::kernels
