// A block for each row: one pass finds the maximum and the sum of exponentials, another writes the gradient.
#include "kernels/cross_entropy.h"

#include "kernels/cuda/device_math.h"

namespace persea::kernels {
namespace cuda {
namespace {

constexpr float kLowest = -1e30F;

// Sum of e^(x - maximum) over what a thread, a warp or a block has seen.
struct LogSum {
  float maximum = kLowest, sum = 0;
  __device__ void add(const LogSum& other) {
    const float high = larger(maximum, other.maximum);
    sum = sum * expf(maximum - high) + other.sum * expf(other.maximum - high);
    maximum = high;
  }
};

__device__ LogSum block_log_sum(LogSum own) {
  __shared__ float maxima[32], sums[32];
  for (int mask = 16; mask > 0; mask /= 2) {
    LogSum other;
    other.maximum = __shfl_xor_sync(kAllLanes, own.maximum, mask);
    other.sum = __shfl_xor_sync(kAllLanes, own.sum, mask);
    own.add(other);
  }
  if (threadIdx.x % 32 == 0) maxima[threadIdx.x / 32] = own.maximum, sums[threadIdx.x / 32] = own.sum;
  __syncthreads();
  LogSum all;
  for (unsigned warp = 0; warp < blockDim.x / 32; ++warp) {
    LogSum other;
    other.maximum = maxima[warp], other.sum = sums[warp];
    all.add(other);
  }
  return all;
}

__device__ float capped(const SoftmaxCrossEntropy& k, float logit) {
  return k.soft_cap > 0 ? k.soft_cap * tanhf(logit / k.soft_cap) : logit;
}

template <class T, int Width>
__global__ void loss_of_rows(SoftmaxCrossEntropy k) {
  const int64_t row = blockIdx.x;
  T* x = as<T>(k.logits) + row * k.columns;
  const int32_t target = k.targets[row];
  const int64_t first = int64_t{threadIdx.x} * Width, step = int64_t{blockDim.x} * Width;
  if (target < 0) {
    if (threadIdx.x == 0) k.losses[row] = 0;
    if (k.scale != 0)
      for (int64_t i = first; i < k.columns; i += step) store<Width>(Floats<Width>{}, x + i);
    return;
  }
  LogSum own;
  for (int64_t i = first; i < k.columns; i += step) {
    auto v = load<Width>(x + i);
    float high = kLowest, sum = 0;
    for (int j = 0; j < Width; ++j) high = larger(high, v.at[j] = capped(k, v.at[j]));
    for (int j = 0; j < Width; ++j) sum += expf(v.at[j] - high);
    LogSum some;
    some.maximum = high, some.sum = sum;
    own.add(some);
  }
  const LogSum all = block_log_sum(own);
  const float target_logit = capped(k, to_f32(x[target]));
  __syncthreads();  // all have read it: it may become a gradient
  if (threadIdx.x == 0) k.losses[row] = logf(all.sum) + (all.maximum - target_logit);
  if (k.scale == 0) return;
  const float factor = k.scale / all.sum;
  for (int64_t i = first; i < k.columns; i += step) {
    auto v = load<Width>(x + i);
    for (int j = 0; j < Width; ++j) {
      const float logit = capped(k, v.at[j]), relative = k.soft_cap > 0 ? logit / k.soft_cap : 0;
      v.at[j] = (expf(logit - all.maximum) * factor - (i + j == target ? k.scale : 0.0F)) * (1 - relative * relative);
    }
    store<Width>(v, x + i);
  }
}

}  // namespace
}  // namespace cuda

void SoftmaxCrossEntropy::cuda(const SoftmaxCrossEntropy& k) {
  cuda::with_storage(k.columns, {k.logits}, [&]<class T, int Width>() {
    cuda::start(cuda::loss_of_rows<T, Width>, dim3{static_cast<unsigned>(k.rows)}, k.columns >= 8192 ? 1024 : 256, 0,
                k);
  });
}

}  // namespace persea::kernels
