// All parameters in a few launches: a launch takes as many tensors as fit into a kernel's arguments, and its blocks are
// dealt out over them.
#include "kernels/optimizer.h"

#include <vector>

#include "kernels/cuda/device_math.h"
#include "tensor/tensor.h"

namespace persea::kernels {
namespace cuda {
namespace {

constexpr int64_t kRange = 65536;  // elements of a block

// Tensors and the first block of each.
template <class Kernel, int Most>
struct Batch {
  Kernel tensors[Most];
  int first_block[Most + 1];
  int count;

  // This block's tensor.
  __device__ int tensor() const {
    int low = 0, high = count;
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      (static_cast<int>(blockIdx.x) >= first_block[middle] ? low : high) = middle;
    }
    return low;
  }
  __device__ int64_t begin(int tensor) const {
    return int64_t{static_cast<int>(blockIdx.x) - first_block[tensor]} * kRange;
  }
};

// Calls fn(batch, blocks) for batch after batch of all kernels.
template <int Most, class Kernel, class Fn>
void each_batch(std::span<const Kernel> all, const Fn& fn) {
  for (size_t at = 0; at < all.size();) {
    Batch<Kernel, Most> batch{};
    int blocks = 0;
    for (; at < all.size() && batch.count < Most; ++at) {
      batch.tensors[batch.count] = all[at];
      batch.first_block[batch.count++] = blocks;
      blocks += static_cast<int>((all[at].count + kRange - 1) / kRange);
    }
    batch.first_block[batch.count] = blocks;
    fn(batch, blocks);
  }
}

using AdamWBatch = Batch<AdamW, 40>;  // 3.5 KiB: arguments may take 4
using NormBatch = Batch<SquaredNorm, 128>;

__global__ void adamw(AdamWBatch batch) {
  const int which = batch.tensor();
  const AdamW& k = batch.tensors[which];
  const int64_t begin = batch.begin(which), end = smaller(k.count, begin + kRange);
  const float root = rsqrtf(k.correction2), mean = 1 / k.correction1;
  for (int64_t i = begin + threadIdx.x; i < end; i += blockDim.x) {
    const float g = k.gradient[i] * k.factor;
    const float m = k.m[i] + (1 - k.beta1) * (g - k.m[i]), v = k.v[i] + (1 - k.beta2) * (g * g - k.v[i]);
    k.m[i] = m;
    k.v[i] = v;
    const float w = k.weights[i], updated = w - k.lr * (m * mean / (sqrtf(v) * root + k.eps) + k.decay * w);
    k.weights[i] = updated;
    if (k.rounded) k.rounded[i] = cuda::rounded<Bf16>(updated);
  }
}

__global__ void sums_of_squares(NormBatch batch, double* partial) {
  const int which = batch.tensor();
  const SquaredNorm& k = batch.tensors[which];
  const int64_t begin = batch.begin(which), end = smaller(k.count, begin + kRange);
  double sum = 0;
  for (int64_t i = begin + threadIdx.x; i < end; i += blockDim.x) sum += static_cast<double>(k.x[i] * k.x[i]);
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

__device__ double block_total(const double* partial, int64_t count) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += blockDim.x) sum += partial[i];
  return block_sum(sum);
}

__global__ void total(const double* partial, int64_t count, double* out) {
  const double sum = block_total(partial, count);
  if (threadIdx.x == 0) *out = sum;
}

__global__ void inverse_root(const double* partial, int64_t count, double eps, float* out) {
  const double sum = block_total(partial, count);
  if (threadIdx.x == 0) *out = static_cast<float>(1 / (sqrt(sum) + eps));
}

// Sums of squares of all ranges, one behind the other, and a place for one number more before them.
struct Partials {
  Tensor memory;
  double* sums;
  int64_t count;
};
Partials squares_of_ranges(std::span<const SquaredNorm> all) {
  int64_t ranges = 0;
  for (const SquaredNorm& k : all) ranges += (k.count + kRange - 1) / kRange;
  const Tensor memory({ranges + 1, int64_t{sizeof(double)}}, DType::u8, cuda_device);
  double* const sums = reinterpret_cast<double*>(memory.data<uint8_t>()) + 1;
  int64_t done = 0;
  each_batch<128>(all, [&](const NormBatch& batch, int some) {
    start(sums_of_squares, dim3{static_cast<unsigned>(some)}, kThreads, 0, batch, sums + done);
    done += some;
  });
  return {memory, sums, ranges};
}

}  // namespace
}  // namespace cuda

void AdamW::cuda_all(std::span<const AdamW> all) {
  cuda::each_batch<40>(all, [](const cuda::AdamWBatch& batch, int blocks) {
    cuda::start(cuda::adamw, dim3{static_cast<unsigned>(blocks)}, cuda::kThreads, 0, batch);
  });
}

double SquaredNorm::cuda_all(std::span<const SquaredNorm> all) {
  const cuda::Partials partials = cuda::squares_of_ranges(all);
  double* const out = partials.sums - 1;
  cuda::start(cuda::total, dim3{1}, 1024, 0, static_cast<const double*>(partials.sums), partials.count, out);
  double norm = 0;
  persea::cuda::copy(persea::cuda::Copy::to_host, &norm, out, sizeof norm);
  return norm;
}

void InverseNorm::cuda(const InverseNorm& k) {
  const SquaredNorm square{k.count, k.x};
  const cuda::Partials partials = cuda::squares_of_ranges(std::span(&square, 1));
  cuda::start(cuda::inverse_root, dim3{1}, 1024, 0, static_cast<const double*>(partials.sums), partials.count, k.eps,
              k.y);
}

}  // namespace persea::kernels
