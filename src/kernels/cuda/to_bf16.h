// A matrix rounded to bf16 for the tensor cores.
#pragma once

#include "tensor/tensor.h"

namespace persea::kernels::cuda {

// Rows `pitch` elements apart: a multiple of 8, so that each begins on 16 bytes; what fills them up is 0.
struct Rounded {
  Tensor elements;
  int64_t pitch;
};

// To the nearest, ties to even. `from` lies on the GPU, rows `stride` floats apart.
Rounded to_bf16_rows(const float* from, int64_t rows, int64_t columns, int64_t stride);

}  // namespace persea::kernels::cuda
