// The ceilings that a GPU's training and decoding are held against.
#include "kernels/peak.h"

#include <algorithm>
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

// What only pretends to be a GPU gets little to do.
bool is_large() { return persea::cuda::properties().processors >= 16; }

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

constexpr int kLoads = 8;  // of 16 bytes, that a thread has under way at once

// Each thread reads `turns` times kLoads words, all threads side by side; it writes one number, so that no load is
// left out.
__global__ void read_words(int64_t turns, const uint4* words, uint32_t* out) {
  const int64_t threads = int64_t{gridDim.x} * blockDim.x, thread = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  uint32_t all = 0;
  for (int64_t turn = 0; turn < turns; ++turn) {
    uint4 some[kLoads];
#pragma unroll
    for (int i = 0; i < kLoads; ++i) some[i] = words[(turn * kLoads + i) * threads + thread];
#pragma unroll
    for (int i = 0; i < kLoads; ++i) all ^= some[i].x ^ some[i].y ^ some[i].z ^ some[i].w;
  }
  out[thread] = all;
}

}  // namespace

double MatrixPeak::cuda(const MatrixPeak& peak) {
  const int64_t n = is_large() ? 8192 : 64;
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
  multiply();
  persea::cuda::wait();
  int64_t products = 0;
  const auto start = std::chrono::steady_clock::now();
  do {
    for (int i = 0; i < 8; ++i, ++products) multiply();
    persea::cuda::wait();
  } while (seconds_since(start) < peak.seconds);
  const auto side = static_cast<double>(n);
  return 2 * side * side * side * static_cast<double>(products) / seconds_since(start) / 1e9;
}

double ReadBandwidth::cuda(const ReadBandwidth& bandwidth) {
  const int64_t blocks = is_large() ? int64_t{8} * persea::cuda::properties().processors : 2;
  const int64_t threads = blocks * cuda::kThreads, turns = is_large() ? 32 : 1;  // a gigabyte of a large one's memory
  const Tensor words({turns * kLoads * threads, 4}, DType::f32, cuda_device), out({threads}, DType::i32, cuda_device);
  cuda::each(words.count(), Wave{words.data()});
  const auto* from = reinterpret_cast<const uint4*>(words.raw());
  auto* to = reinterpret_cast<uint32_t*>(out.raw());
  persea::cuda::wait();
  constexpr int kTogether = 8;  // a wait costs little beside so many
  double best = 0;
  const auto begin = std::chrono::steady_clock::now();
  do {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kTogether; ++i)
      cuda::start(read_words, dim3{static_cast<unsigned>(blocks)}, cuda::kThreads, 0, turns, from, to);
    persea::cuda::wait();
    best = std::max(best, kTogether * static_cast<double>(words.bytes()) / seconds_since(start) / 1e9);
  } while (seconds_since(begin) < bandwidth.seconds);
  return best;
}

}  // namespace persea::kernels
