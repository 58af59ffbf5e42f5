// The ceiling that a GPU's training is held against.
#include "kernels/peak.h"

#include <chrono>

#include "kernels/cuda/device_math.h"
#include "kernels/cuda/to_bf16.h"
#include "kernels/gemm.h"
#include "kernels/round_fp8.h"
#include "tensor/cuda.h"

namespace persea::kernels {
namespace {

struct Wave {
  float* x;
  __device__ void operator()(int64_t i) const { x[i] = static_cast<float>((i * 7919) % 1021 - 510) / 510; }
};

}  // namespace

double MatrixPeak::cuda(const MatrixPeak& peak) {
  const int64_t n = persea::cuda::properties().processors >= 16 ? 8192 : 64;  // small on what only pretends to be a GPU
  const Tensor numbers({n, n}, DType::f32, cuda_device);
  cuda::each(n * n, Wave{numbers.data()});
  Tensor factor = peak.precision == Precision::f32 ? numbers : cuda::to_bf16_rows(numbers, n, n, n).elements;
  const Tensor out({n, n}, factor.dtype(), cuda_device), scale({1}, DType::f32, cuda_device);
  if (peak.precision == Precision::fp8) {
    factor = Tensor({n, n}, DType::f8_e4m3, cuda_device);
    RoundFp8::cuda({n, n, numbers, factor.dtype(), factor, {}, scale.data()});
  }
  const float* const scales = is_fp8(factor.dtype()) ? scale.data() : nullptr;
  const auto multiply = [&] {
    Gemm::cuda({n, n, n, row_major(factor, n, scales), transposed(factor, n, scales), out, n});
  };
  const auto seconds = [](auto since) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
  };
  multiply();
  persea::cuda::wait();
  int64_t products = 0;
  const auto start = std::chrono::steady_clock::now();
  do {
    for (int i = 0; i < 8; ++i, ++products) multiply();
    persea::cuda::wait();
  } while (seconds(start) < peak.seconds);
  const auto side = static_cast<double>(n);
  return 2 * side * side * side * static_cast<double>(products) / seconds(start) / 1e9;
}

}  // namespace persea::kernels
