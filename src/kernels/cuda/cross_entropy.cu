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

__device__ float capped(float soft_cap, float logit) {
  return soft_cap > 0 ? soft_cap * tanhf(logit / soft_cap) : logit;
}

// Of one row, asked by its whole block.
template <int Width, class T>
__device__ LogSum log_sum_of(const T* x, int64_t columns, float soft_cap) {
  LogSum own;
  for (int64_t i = int64_t{threadIdx.x} * Width; i < columns; i += int64_t{blockDim.x} * Width) {
    auto v = load<Width>(x + i);
    float high = kLowest, sum = 0;
    for (int j = 0; j < Width; ++j) high = larger(high, v.at[j] = capped(soft_cap, v.at[j]));
    for (int j = 0; j < Width; ++j) sum += expf(v.at[j] - high);
    LogSum some;
    some.maximum = high, some.sum = sum;
    own.add(some);
  }
  return block_log_sum(own);
}

template <int Width, class T>
__device__ void zero_row(T* x, int64_t columns) {
  for (int64_t i = int64_t{threadIdx.x} * Width; i < columns; i += int64_t{blockDim.x} * Width)
    store<Width>(Floats<Width>{}, x + i);
}

// The gradient in place of a row's logits.
template <int Width, class T>
__device__ void gradient_of(T* x, int64_t columns, int32_t target, const LogSum& all, float scale, float soft_cap) {
  const float factor = scale / all.sum;
  for (int64_t i = int64_t{threadIdx.x} * Width; i < columns; i += int64_t{blockDim.x} * Width) {
    auto v = load<Width>(x + i);
    for (int j = 0; j < Width; ++j) {
      const float logit = capped(soft_cap, v.at[j]), relative = soft_cap > 0 ? logit / soft_cap : 0;
      v.at[j] = (expf(logit - all.maximum) * factor - (i + j == target ? scale : 0.0F)) * (1 - relative * relative);
    }
    store<Width>(v, x + i);
  }
}

template <class T, int Width>
__global__ void loss_of_rows(SoftmaxCrossEntropy k) {
  const int64_t row = blockIdx.x;
  T* x = as<T>(k.logits) + row * k.columns;
  const int32_t target = k.targets[row];
  if (target < 0) {
    if (threadIdx.x == 0) k.losses[row] = 0;
    if (k.scale) zero_row<Width>(x, k.columns);
    return;
  }
  const LogSum all = log_sum_of<Width>(x, k.columns, k.soft_cap);
  const float target_logit = capped(k.soft_cap, to_f32(x[target]));
  __syncthreads();  // all have read it: it may become a gradient
  if (threadIdx.x == 0) k.losses[row] = logf(all.sum) + (all.maximum - target_logit);
  if (k.scale) gradient_of<Width>(x, k.columns, target, all, *k.scale, k.soft_cap);
}

__device__ bool counts(int32_t target) { return target >= 0 || target == kTargetElsewhere; }

template <int Width>
__global__ void parts_of_rows(PartialSoftmax k) {
  const int64_t row = blockIdx.x;
  const float* x = k.logits + row * k.columns;
  const int32_t target = k.targets[row];
  LogSum own;
  if (counts(target)) own = log_sum_of<Width>(x, k.columns, k.soft_cap);
  if (threadIdx.x == 0) k.parts[row] = {own.maximum, own.sum, target < 0 ? 0 : capped(k.soft_cap, x[target])};
}

template <int Width>
__global__ void finish_rows(FinishSoftmax k) {
  const int64_t row = blockIdx.x;
  float* x = k.logits + row * k.columns;
  const int32_t target = k.targets[row];
  if (!counts(target)) {
    if (threadIdx.x == 0) k.losses[row] = 0;
    if (k.scale) zero_row<Width>(x, k.columns);
    return;
  }
  LogSum all;
  float target_logit = 0;
  for (int rank = 0; rank < k.ranks; ++rank) {
    const SoftmaxPart part = k.parts[rank * k.rows + row];
    LogSum some;
    some.maximum = part.maximum, some.sum = part.sum;
    all.add(some);
    target_logit += part.target;
  }
  if (threadIdx.x == 0) k.losses[row] = logf(all.sum) + (all.maximum - target_logit);
  if (k.scale) gradient_of<Width>(x, k.columns, target, all, *k.scale, k.soft_cap);
}

// A block of threads for each row.
template <class Kernel>
void start_rows(void (*rows)(Kernel), const Kernel& k) {
  start(rows, dim3{static_cast<unsigned>(k.rows)}, k.columns >= 8192 ? 1024 : 256, 0, k);
}

}  // namespace
}  // namespace cuda

void SoftmaxCrossEntropy::cuda(const SoftmaxCrossEntropy& k) {
  cuda::with_storage(k.columns, {k.logits},
                     [&]<class T, int Width>() { cuda::start_rows(cuda::loss_of_rows<T, Width>, k); });
}

void PartialSoftmax::cuda(const PartialSoftmax& k) {
  cuda::with_storage(k.columns, {k.logits}, [&]<class T, int Width>() {
    if constexpr (std::is_same_v<T, float>) cuda::start_rows(cuda::parts_of_rows<Width>, k);
  });
}

void FinishSoftmax::cuda(const FinishSoftmax& k) {
  cuda::with_storage(k.columns, {k.logits}, [&]<class T, int Width>() {
    if constexpr (std::is_same_v<T, float>) cuda::start_rows(cuda::finish_rows<Width>, k);
  });
}

}  // namespace persea::kernels
