// The two ways to a matrix product on a GPU: the project's own kernel and cuBLASLt.
#pragma once

#include "kernels/gemm.h"
#include "tensor/tensor.h"

namespace persea::kernels::cuda {

// Gemm's numbers without its hooks.
struct Factors {
  int64_t m, n, k;
  Matrix a, b;
  float* c;
  int64_t ldc;
  bool accumulate;
};

void own_product(const Factors& factors, Precision precision);

// False where the library is not there, or has no algorithm for these shapes and alignments: then nothing was done.
bool library_product(const Factors& factors, Precision precision);

// C [m, n] = A B^T for A [m, k] and B [n, k] that are bf16 already, as to_bf16_rows leaves them; false as above.
bool library_product_of_bf16(int64_t m, int64_t n, int64_t k, const Tensor& a, const Tensor& b, float* c);

}  // namespace persea::kernels::cuda
