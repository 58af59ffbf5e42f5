// RMSNorm: forward a warp for each row; backward a block for some rows, one after the other, which adds up their part
// of the gain's gradient on the way, so that x and dy are read once.
#include "kernels/cuda/column_sums.h"
#include "kernels/rows.h"

namespace persea::kernels {
namespace cuda {
namespace {

constexpr int kRows = 4;               // of a forward block
constexpr int64_t kWarps = 8192;       // of a backward launch, about: enough to fill a GPU
constexpr int64_t kMostThreads = 256;  // of a backward block

template <class T, int Width>
__global__ void normalize(RmsNorm n) {
  const int64_t row = int64_t{blockIdx.x} * kRows + threadIdx.x / 32;
  if (row >= n.rows) return;
  const T* x = as<T>(n.x) + row * n.columns;
  float squares = 0;
  for (int64_t i = threadIdx.x % 32 * Width; i < n.columns; i += 32 * Width) {
    const auto v = load<Width>(x + i);
    for (int j = 0; j < Width; ++j) squares += v.at[j] * v.at[j];
  }
  const float scale = rsqrtf(warp_sum(squares) / static_cast<float>(n.columns) + n.eps);
  for (int64_t i = threadIdx.x % 32 * Width; i < n.columns; i += 32 * Width) {
    auto v = load<Width>(x + i);
    if (n.gain) {
      const auto gain = load<Width>(n.gain + i);
      for (int j = 0; j < Width; ++j) v.at[j] *= gain.at[j];
    }
    for (int j = 0; j < Width; ++j) v.at[j] *= scale;
    store<Width>(v, as<T>(n.y) + row * n.columns + i);
  }
}

// Rows [each * block, + each). With xhat = x rstd and g = dy gain: dx = rstd (g - xhat mean(g xhat)), and to `partial`
// [blocks, columns], where it is not null, the block's sum of dy xhat. A thread has columns of its own, so that dx may
// be dy.
template <class T, int Width>
__global__ void gradient_of_rows(RmsNormBackward n, int64_t each, float* partial) {
  float* const sums = dynamic_shared<float>();
  const int64_t first = int64_t{threadIdx.x} * Width, step = int64_t{blockDim.x} * Width;
  if (partial)
    for (int64_t i = first; i < n.columns; i += step) store<Width>(Floats<Width>{}, sums + i);
  for (int64_t row = int64_t{blockIdx.x} * each; row < smaller(n.rows, (int64_t{blockIdx.x} + 1) * each); ++row) {
    const T *x = as<T>(n.x) + row * n.columns, *dy = as<T>(n.dy) + row * n.columns;
    const auto weighted = [&](int64_t i) {  // dy gain
      auto g = load<Width>(dy + i);
      if (!n.gain) return g;
      const auto gain = load<Width>(n.gain + i);
      for (int j = 0; j < Width; ++j) g.at[j] *= gain.at[j];
      return g;
    };
    float squares = 0, dot = 0;
    for (int64_t i = first; i < n.columns; i += step) {
      const auto v = load<Width>(x + i), g = weighted(i);
      for (int j = 0; j < Width; ++j) squares += v.at[j] * v.at[j], dot += g.at[j] * v.at[j];
    }
    const float scale = rsqrtf(block_sum(squares) / static_cast<float>(n.columns) + n.eps);
    const float shrink = block_sum(dot) * scale * scale * scale / static_cast<float>(n.columns);
    for (int64_t i = first; i < n.columns; i += step) {
      const auto v = load<Width>(x + i), g = weighted(i);
      if (partial) {
        const auto d = load<Width>(dy + i);
        auto sum = load<Width>(sums + i);
        for (int j = 0; j < Width; ++j) sum.at[j] += d.at[j] * v.at[j] * scale;
        store<Width>(sum, sums + i);
      }
      if (!n.dx.at) continue;
      T* dx = as<T>(n.dx) + row * n.columns + i;
      auto out = n.accumulate_dx ? load<Width>(dx) : Floats<Width>{};
      for (int j = 0; j < Width; ++j) out.at[j] += g.at[j] * scale - v.at[j] * shrink;
      store<Width>(out, dx);
    }
  }
  if (partial)
    for (int64_t i = first; i < n.columns; i += step)
      store<Width>(load<Width>(sums + i), partial + int64_t{blockIdx.x} * n.columns + i);
}

}  // namespace
}  // namespace cuda

void RmsNorm::cuda(const RmsNorm& n) {
  cuda::with_storage(n.columns, {n.x, n.y}, [&]<class T, int Width>() {
    cuda::start(cuda::normalize<T, Width>, dim3{cuda::blocks_for(n.rows, cuda::kRows)}, 32 * cuda::kRows, 0, n);
  });
}

void RmsNormBackward::cuda(const RmsNormBackward& n) {
  cuda::with_storage(n.columns, {n.x, n.dy, n.dx}, [&]<class T, int Width>() {
    const int64_t warps = (n.columns + 32 * Width - 1) / (32 * Width);
    const int64_t threads = cuda::smaller(32 * warps, cuda::kMostThreads), most = cuda::kWarps * 32 / threads;
    const int64_t each = cuda::larger<int64_t>(1, (n.rows + most - 1) / most), blocks = (n.rows + each - 1) / each;
    const Tensor partial({n.dgain ? blocks : 0, n.columns}, DType::f32, cuda_device);
    const auto shared = static_cast<size_t>(n.dgain ? n.columns : 0) * sizeof(float);
    cuda::start(cuda::gradient_of_rows<T, Width>, dim3{static_cast<unsigned>(blocks)}, static_cast<int>(threads),
                shared, n, each, n.dgain ? partial.data() : nullptr);
    if (n.dgain)
      cuda::column_sums(blocks, n.columns, cuda::RowElement<float>{n.columns, partial.data()}, n.dgain,
                        n.accumulate_dgain);
  });
}

}  // namespace persea::kernels
