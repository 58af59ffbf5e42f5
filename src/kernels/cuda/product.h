// The two ways to a matrix product on a GPU: the project's own kernel and cuBLASLt.
#pragma once

#include "kernels/gemm.h"
#include "tensor/tensor.h"

namespace persea::kernels::cuda {

// Gemm's numbers without its hooks. bf16: the factors are multiplied as that, whatever they are stored in; of
// fp8 that is exact.
struct Factors {
  int64_t m, n, k;
  Matrix a, b;
  Numbers c;
  int64_t ldc;
  ConstNumbers addend;  // like c, and c itself to add to it; null: C = A B
  bool bf16;
};

void own_product(const Factors& factors);

// False where the library is not there, or has no algorithm for these shapes and alignments: then nothing was done.
bool library_product(const Factors& factors);

}  // namespace persea::kernels::cuda
