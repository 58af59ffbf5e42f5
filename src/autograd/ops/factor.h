// A matrix on its way into products: as it lies, or, for fp8, rounded first, since a scale is of all of it. It refuses
// to multiply.
#pragma once

#include "kernels/gemm.h"
#include "kernels/launch.h"
#include "kernels/round_fp8.h"

namespace persea {

class Factor {
 public:
  // The axis of the matrix that a product sums over: fp8 has to lie along it on a GPU, so that the transpose is written
  // for sums over rows.
  enum Depth { columns = 1, rows = 2, both = 3 };

  // `format`: of fp8. What lies in x is looked at here for fp8, else by the products.
  Factor(const Tensor& x, kernels::Precision precision, DType format, Depth uses) : along_(x) {
    if (precision != kernels::Precision::fp8) return;
    const int64_t m = x.dim(0), n = x.dim(1);
    const Device device = x.device();
    if (device == cpu_device) {
      along_ = Tensor({m, n});
    } else {
      along_ = uses & columns ? Tensor({m, kernels::fp8_pitch(n)}, format, device) : Tensor();
      if (uses & rows) down_ = Tensor({n, kernels::fp8_pitch(m)}, format, device);
      scale_ = Tensor({1}, DType::f32, device);
    }
    kernels::launch(kernels::RoundFp8{m, n, x, format, along_, down_, scale_.defined() ? scale_.data() : nullptr},
                    device);
  }

  // As A, with the summed axis as its columns.
  kernels::Matrix left(Depth depth) const {
    const float* const scale = scale_.defined() ? scale_.data() : nullptr;
    if (depth == columns) return kernels::row_major(along_, along_.dim(1), scale);
    return down_.defined() ? kernels::row_major(down_, down_.dim(1), scale)
                           : kernels::transposed(along_, along_.dim(1), scale);
  }
  // As B, with the summed axis as its rows.
  kernels::Matrix right(Depth depth) const {
    const kernels::Matrix turned = left(depth);
    return {turned.data, turned.column_stride, turned.row_stride, turned.scale};
  }

 private:
  Tensor along_, down_, scale_;  // down_: the transpose, where it is a copy
};

}  // namespace persea
