// RMSNorm: a warp for each row.
#include "kernels/cuda/column_sums.h"
#include "kernels/rows.h"

namespace persea::kernels {
namespace cuda {
namespace {

constexpr int kRows = 4;  // of a block

// The row of this warp; rows may end inside a block.
__device__ int64_t own_row() { return int64_t{blockIdx.x} * kRows + threadIdx.x / 32; }

template <int Width>
__device__ float inverse_rms(const float* x, int64_t columns, float eps) {
  float squares = 0;
  for (int64_t i = threadIdx.x % 32 * Width; i < columns; i += 32 * Width) {
    const auto v = load<Width>(x + i);
    for (int j = 0; j < Width; ++j) squares += v.at[j] * v.at[j];
  }
  return rsqrtf(warp_sum(squares) / static_cast<float>(columns) + eps);
}

template <int Width>
__global__ void normalize(RmsNorm n) {
  const int64_t row = own_row();
  if (row >= n.rows) return;
  const float* x = n.x + row * n.columns;
  const float scale = inverse_rms<Width>(x, n.columns, n.eps);
  for (int64_t i = threadIdx.x % 32 * Width; i < n.columns; i += 32 * Width) {
    auto v = load<Width>(x + i);
    for (int j = 0; j < Width; ++j) v.at[j] *= n.gain ? scale * n.gain[i + j] : scale;
    store<Width>(v, n.y + row * n.columns + i);
  }
}

template <int Width>
__global__ void inverse_of_rows(RmsNormBackward n, float* inverse) {
  const int64_t row = own_row();
  if (row >= n.rows) return;
  const float scale = inverse_rms<Width>(n.x + row * n.columns, n.columns, n.eps);
  if (threadIdx.x % 32 == 0) inverse[row] = scale;
}

// With xhat = x rstd and g = dy gain: dx = rstd (g - xhat mean(g xhat)).
template <int Width>
__global__ void gradient_of_rows(RmsNormBackward n) {
  const int64_t row = own_row();
  if (row >= n.rows) return;
  const float *x = n.x + row * n.columns, *dy = n.dy + row * n.columns;
  float squares = 0, dot = 0;
  for (int64_t i = threadIdx.x % 32 * Width; i < n.columns; i += 32 * Width) {
    const auto v = load<Width>(x + i), d = load<Width>(dy + i);
    for (int j = 0; j < Width; ++j) {
      squares += v.at[j] * v.at[j];
      dot += d.at[j] * v.at[j] * (n.gain ? n.gain[i + j] : 1.0F);
    }
  }
  const float scale = rsqrtf(warp_sum(squares) / static_cast<float>(n.columns) + n.eps);
  const float shrink = warp_sum(dot) * scale * scale * scale / static_cast<float>(n.columns);
  for (int64_t i = threadIdx.x % 32 * Width; i < n.columns; i += 32 * Width) {
    float* dx = n.dx + row * n.columns + i;
    const auto v = load<Width>(x + i), d = load<Width>(dy + i);
    auto out = n.accumulate_dx ? load<Width>(dx) : Floats<Width>{};
    for (int j = 0; j < Width; ++j) out.at[j] += d.at[j] * (n.gain ? n.gain[i + j] : 1.0F) * scale - v.at[j] * shrink;
    store<Width>(out, dx);
  }
}

struct GainGradient {
  int64_t columns;
  const float *x, *dy, *inverse;
  __device__ float operator()(int64_t row, int64_t column) const {
    const int64_t i = row * columns + column;
    return dy[i] * x[i] * inverse[row];
  }
};

}  // namespace
}  // namespace cuda

void RmsNorm::cuda(const RmsNorm& n) {
  const auto kernel = cuda::by_four(n.columns, {n.x, n.y}) ? cuda::normalize<4> : cuda::normalize<1>;
  cuda::start(kernel, dim3{cuda::blocks_for(n.rows, cuda::kRows)}, 32 * cuda::kRows, 0, n);
}

// The gain's gradient first: dx may take dy's place.
void RmsNormBackward::cuda(const RmsNormBackward& n) {
  const bool four = cuda::by_four(n.columns, {n.x, n.dy, n.dx});
  const dim3 blocks{cuda::blocks_for(n.rows, cuda::kRows)};
  if (n.dgain) {
    const Tensor inverse({n.rows}, DType::f32, cuda_device);
    cuda::start(four ? cuda::inverse_of_rows<4> : cuda::inverse_of_rows<1>, blocks, 32 * cuda::kRows, 0, n,
                inverse.data());
    cuda::column_sums(n.rows, n.columns, cuda::GainGradient{n.columns, n.x, n.dy, inverse.data()}, n.dgain,
                      n.accumulate_dgain);
  }
  if (n.dx) cuda::start(four ? cuda::gradient_of_rows<4> : cuda::gradient_of_rows<1>, blocks, 32 * cuda::kRows, 0, n);
}

}  // namespace persea::kernels
