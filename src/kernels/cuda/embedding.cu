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

// A block for each position. Its threads look through the tokens together, and each adds up columns of its own.
template <class T>
__global__ void add_rows(EmbeddingBackward k) {
  __shared__ int32_t window[kThreads];
  const int64_t position = blockIdx.x;
  const int32_t token = k.tokens[position];
  if (token < 0 || seen_before(k.tokens, position)) return;
  float* to = k.dtable + token * k.columns;
  for (int64_t begin = position; begin < k.count; begin += kThreads) {
    const int64_t mine = begin + threadIdx.x;
    const bool same = mine < k.count && k.tokens[mine] == token;
    window[threadIdx.x] = same;
    if (__syncthreads_or(same)) {  // whole windows without the token cost no more than this
      for (int64_t column = threadIdx.x; column < k.columns; column += kThreads) {
        float sum = to[column];
        for (int i = 0; i < kThreads; ++i)
          if (window[i]) sum += to_f32(as<T>(k.dout)[(begin + i) * k.columns + column]);
        to[column] = sum;
      }
    }
    __syncthreads();
  }
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
    cuda::start(cuda::add_rows<T>, dim3{static_cast<unsigned>(k.count)}, cuda::kThreads, 0, k);
  });
}

}  // namespace persea::kernels
