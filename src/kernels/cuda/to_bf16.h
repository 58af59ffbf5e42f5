// A matrix rounded to bf16 for the tensor cores.
#pragma once

#include "kernels/numbers.h"

namespace persea::kernels::cuda {

// Rows `pitch` elements apart: a multiple of 8, so that each begins on 16 bytes; what fills them up is 0.
struct Rounded {
  Tensor elements;
  int64_t pitch;
};

// To the nearest, ties to even. `from`, of either type, lies on the GPU, rows `stride` numbers apart.
Rounded to_bf16_rows(ConstNumbers from, int64_t rows, int64_t columns, int64_t stride);

}  // namespace persea::kernels::cuda
