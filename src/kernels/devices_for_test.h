// For tests of kernels that no op covers: what runs on a GPU is held against the CPU, and skipped where there is none.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "tensor/cuda.h"
#include "tensor/tensor.h"

namespace persea::kernels {

class OnAGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::present()) GTEST_SKIP() << "no GPU here";
  }
};

inline Tensor normal_tensor(Shape shape, Random& random) {
  Tensor tensor(std::move(shape));
  for (float& value : tensor.span()) value = static_cast<float>(random.normal());
  return tensor;
}

inline double relative_error(const Tensor& expected, const Tensor& actual) {
  const Tensor here = actual.to(cpu_device);
  double error = 0, norm = 0;
  for (int64_t i = 0; i < expected.count(); ++i) {
    const double e = double(expected.data()[i]), d = double(here.data()[i]) - e;
    error += d * d, norm += e * e;
  }
  return std::sqrt(error / norm);
}

}  // namespace persea::kernels
