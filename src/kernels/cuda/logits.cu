// Greedy choice: a block for each row of logits.
#include "kernels/logits.h"

#include <climits>

#include "kernels/cuda/device_math.h"

namespace persea::kernels {
namespace cuda {
namespace {

constexpr int kThreadsOfRow = 1024, kWarpsOfRow = kThreadsOfRow / 32;  // few rows: each wants many loads under way

struct Choice {
  float logit = -INFINITY;
  int32_t token = INT_MAX;
  __device__ void add(float other_logit, int32_t other_token) {  // what is no number never wins
    if (other_logit > logit || (other_logit == logit && other_token < token)) logit = other_logit, token = other_token;
  }
};

__global__ void choose(Likeliest k) {
  __shared__ float logits[kWarpsOfRow];
  __shared__ int32_t tokens[kWarpsOfRow];
  const float* x = k.x + int64_t{blockIdx.x} * k.columns;
  Choice own;
#pragma unroll 4
  for (int64_t i = threadIdx.x; i < k.columns; i += kThreadsOfRow) own.add(x[i], static_cast<int32_t>(i));
  for (int mask = 16; mask > 0; mask /= 2) {
    const float logit = __shfl_xor_sync(kAllLanes, own.logit, mask);
    own.add(logit, __shfl_xor_sync(kAllLanes, own.token, mask));
  }
  if (threadIdx.x % 32 == 0) logits[threadIdx.x / 32] = own.logit, tokens[threadIdx.x / 32] = own.token;
  __syncthreads();
  if (threadIdx.x > 0) return;
  for (int warp = 1; warp < kWarpsOfRow; ++warp) own.add(logits[warp], tokens[warp]);
  k.tokens[blockIdx.x] = fabsf(own.logit) < INFINITY ? own.token : -1;
}

}  // namespace
}  // namespace cuda

void Likeliest::cuda(const Likeliest& k) {
  cuda::start(cuda::choose, dim3{static_cast<unsigned>(k.rows)}, cuda::kThreadsOfRow, 0, k);
}

}  // namespace persea::kernels
