// The table's gradient without sorting and without atomics: the first position of a token finds the others and adds
// their rows up in order, so that the sums have the same bits in every run, those of the CPU.
#include "kernels/embedding.h"

#include "kernels/cuda/device_math.h"
#include "tensor/cuda.h"

namespace persea::kernels {
namespace cuda {
namespace {

template <class T, int Width>
struct EmbeddingBody {
  Embedding k;
  __device__ void operator()(int64_t at) const {
    const int64_t i = at * Width;
    const int32_t token = k.tokens[i / k.columns];
    store<Width>(token < 0 ? Floats<Width>{} : load<Width>(as<T>(k.table) + token * k.columns + i % k.columns),
                 as<T>(k.out) + i);
  }
};

// Whether a token before `position` is the same: asked by the whole block.
__device__ bool seen_before(const int32_t* tokens, int64_t position) {
  const int32_t token = tokens[position];
  for (int64_t begin = 0; begin < position; begin += blockDim.x) {
    const int64_t i = begin + threadIdx.x;
    if (__syncthreads_or(i < position && tokens[i] == token)) return true;
  }
  return false;
}

// Which threads of the block are `wanted`, in their order; returns how many.
__device__ int gather(bool wanted, int (&threads)[kThreads]) {
  __shared__ int counts[kThreads / 32];
  const unsigned lanes = __ballot_sync(kAllLanes, wanted), warp = threadIdx.x / 32;
  if (threadIdx.x % 32 == 0) counts[warp] = __popc(lanes);
  __syncthreads();
  int before = __popc(lanes & ((1U << threadIdx.x % 32) - 1)), all = 0;
  for (unsigned w = 0; w < kThreads / 32; ++w) {
    if (w < warp) before += counts[w];
    all += counts[w];
  }
  if (wanted) threads[before] = static_cast<int>(threadIdx.x);
  __syncthreads();
  return all;
}

// A block for each position and 256 columns. Its threads look through the tokens together, and each adds up a column.
template <class T>
__global__ void add_rows(EmbeddingBackward k) {
  __shared__ int same[kThreads];
  const int64_t position = blockIdx.x, column = int64_t{blockIdx.y} * kThreads + threadIdx.x;
  const int32_t token = k.tokens[position];
  if (token < 0 || seen_before(k.tokens, position)) return;
  const bool inside = column < k.columns;
  float* const to = k.dtable + token * k.columns + column;
  float sum = inside ? *to : 0;
  for (int64_t begin = position; begin < k.count; begin += kThreads) {
    const int64_t mine = begin + threadIdx.x;
    const int count = gather(mine < k.count && k.tokens[mine] == token, same);
    if (!inside) continue;
    const T* const rows = as<T>(k.dout) + begin * k.columns + column;
#pragma unroll 4
    for (int i = 0; i < count; ++i) sum += to_f32(rows[same[i] * k.columns]);
  }
  if (inside) *to = sum;
}

}  // namespace
}  // namespace cuda

void Embedding::cuda(const Embedding& k) {
  cuda::with_storage(k.columns, {k.table, k.out}, [&]<class T, int Width>() {
    cuda::each(k.count * k.columns / Width, cuda::EmbeddingBody<T, Width>{k});
  });
}

void EmbeddingBackward::cuda(const EmbeddingBackward& k) {
  if (!k.accumulate) persea::cuda::zero(k.dtable, k.vocab * k.columns * int64_t{sizeof(float)});
  cuda::with_storage(1, {k.dout}, [&]<class T, int>() {
    cuda::start(cuda::add_rows<T>, dim3{static_cast<unsigned>(k.count), cuda::blocks_for(k.columns, cuda::kThreads)},
                cuda::kThreads, 0, k);
  });
}

}  // namespace persea::kernels
