// Activations and what else is done element by element, four elements a thread where they are aligned.
#include "kernels/rows.h"

#include "kernels/columns.h"
#include "kernels/cuda/column_sums.h"
#include "kernels/row_bias.h"

namespace persea::kernels {
namespace cuda {
namespace {

__device__ float sigmoid(float x) { return 1 / (1 + expf(-x)); }

// Element `i` of y lies in row i / columns: of x, gate and up lie in a row of 2 columns.
template <int Width>
struct SwiGluBody {
  SwiGlu k;
  __device__ void operator()(int64_t at) const {
    const int64_t i = at * Width, gate = i + i / k.columns * k.columns;
    const auto x = load<Width>(k.x + gate);
    auto up = load<Width>(k.x + gate + k.columns);
    for (int j = 0; j < Width; ++j) up.at[j] *= x.at[j] * sigmoid(x.at[j]);
    store<Width>(up, k.y + i);
  }
};

// d silu / dx = s + silu (1 - s)
template <int Width>
struct SwiGluBackwardBody {
  SwiGluBackward k;
  __device__ void operator()(int64_t at) const {
    const int64_t i = at * Width, gate = i + i / k.columns * k.columns;
    const auto x = load<Width>(k.x + gate), up = load<Width>(k.x + gate + k.columns), dy = load<Width>(k.dy + i);
    Floats<Width> dgate{}, dup{}, y;
    if (k.accumulate) dgate = load<Width>(k.dx + gate), dup = load<Width>(k.dx + gate + k.columns);
    for (int j = 0; j < Width; ++j) {
      const float s = sigmoid(x.at[j]), silu = x.at[j] * s;
      y.at[j] = silu * up.at[j];
      dgate.at[j] += dy.at[j] * up.at[j] * (s + silu * (1 - s));
      dup.at[j] += dy.at[j] * silu;
    }
    if (k.y) store<Width>(y, k.y + i);
    store<Width>(dgate, k.dx + gate);
    store<Width>(dup, k.dx + gate + k.columns);
  }
};

template <int Width>
struct ReluSquaredBody {
  ReluSquared k;
  __device__ void operator()(int64_t at) const {
    auto v = load<Width>(k.x + at * Width);
    for (int j = 0; j < Width; ++j) v.at[j] = v.at[j] > 0 ? v.at[j] * v.at[j] : 0;
    store<Width>(v, k.y + at * Width);
  }
};

template <int Width>
struct ReluSquaredBackwardBody {
  ReluSquaredBackward k;
  __device__ void operator()(int64_t at) const {
    const int64_t i = at * Width;
    const auto x = load<Width>(k.x + i), dy = load<Width>(k.dy + i);
    auto dx = k.accumulate ? load<Width>(k.dx + i) : Floats<Width>{};
    for (int j = 0; j < Width; ++j) dx.at[j] += x.at[j] > 0 ? 2 * x.at[j] * dy.at[j] : 0;
    store<Width>(dx, k.dx + i);
  }
};

template <int Width>
struct AxpbyBody {
  Axpby k;
  __device__ void operator()(int64_t at) const {
    const int64_t i = at * Width;
    const auto x = load<Width>(k.x + i);
    auto y = k.b == 0 ? Floats<Width>{} : load<Width>(k.y + i);
    for (int j = 0; j < Width; ++j) y.at[j] = k.a * x.at[j] + k.b * y.at[j];
    store<Width>(y, k.y + i);
  }
};

// splitmix64's finalizer, as on the CPU: the same elements are dropped there.
__device__ uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

struct DropoutBody {
  Dropout k;
  uint64_t threshold;
  float scale;
  __device__ void operator()(int64_t i) const {
    const uint64_t bits = mix(k.seed + 0x9e3779b97f4a7c15ULL * static_cast<uint64_t>(k.first + i + 1)) >> 32;
    const float value = (bits < threshold ? 0.0F : k.x[i] * scale) + (k.residual ? k.residual[i] : 0.0F);
    k.y[i] = k.accumulate ? k.y[i] + value : value;
  }
};

struct RowBiasBody {
  RowBias k;
  __device__ void operator()(int64_t i) const { k.y[i] = k.x[i] + k.bias[i % k.columns]; }
};

struct RowElement {
  int64_t columns;
  const float* x;
  __device__ float operator()(int64_t row, int64_t column) const { return x[row * columns + column]; }
};

struct TransposeBody {
  Transpose k;
  __device__ void operator()(int64_t i) const { k.y[i] = k.x[i % k.rows * k.columns + i / k.rows]; }
};

__global__ void sum_all(Sum k) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < k.count; i += blockDim.x) sum += static_cast<double>(k.x[i]);
  sum = block_sum(sum);
  if (threadIdx.x == 0) *k.y = static_cast<float>(sum * static_cast<double>(k.factor));
}

struct ScaleByBody {
  ScaleBy k;
  __device__ void operator()(int64_t i) const {
    if (*k.factor != 1) k.x[i] *= *k.factor;
  }
};

// Body<4> where the elements are aligned, else Body<1>.
template <template <int> class Body, class Kernel>
void each_vector(int64_t count, bool four, const Kernel& k) {
  if (four)
    each(count / 4, Body<4>{k});
  else
    each(count, Body<1>{k});
}

}  // namespace
}  // namespace cuda

void SwiGlu::cuda(const SwiGlu& k) {
  cuda::each_vector<cuda::SwiGluBody>(k.rows * k.columns, cuda::by_four(k.columns, {k.x, k.y}), k);
}
void SwiGluBackward::cuda(const SwiGluBackward& k) {
  cuda::each_vector<cuda::SwiGluBackwardBody>(k.rows * k.columns, cuda::by_four(k.columns, {k.x, k.dy, k.dx, k.y}), k);
}
void ReluSquared::cuda(const ReluSquared& k) {
  cuda::each_vector<cuda::ReluSquaredBody>(k.rows * k.columns, cuda::by_four(k.rows * k.columns, {k.x, k.y}), k);
}
void ReluSquaredBackward::cuda(const ReluSquaredBackward& k) {
  cuda::each_vector<cuda::ReluSquaredBackwardBody>(k.rows * k.columns,
                                                   cuda::by_four(k.rows * k.columns, {k.x, k.dy, k.dx}), k);
}
void Axpby::cuda(const Axpby& k) { cuda::each_vector<cuda::AxpbyBody>(k.count, cuda::by_four(k.count, {k.x, k.y}), k); }
void Dropout::cuda(const Dropout& k) {
  const auto threshold = static_cast<uint64_t>(static_cast<double>(k.probability) * 4294967296.0);
  cuda::each(k.count, cuda::DropoutBody{k, threshold, 1.0F / (1.0F - k.probability)});
}
void RowBias::cuda(const RowBias& k) { cuda::each(k.rows * k.columns, cuda::RowBiasBody{k}); }
void RowBiasBackward::cuda(const RowBiasBackward& k) {
  cuda::column_sums(k.rows, k.columns, cuda::RowElement{k.columns, k.dy}, k.dbias, k.accumulate);
}

void CopyColumns::cuda(const CopyColumns& k) {
  persea::cuda::check(cudaMemcpy2DAsync(k.to, static_cast<size_t>(k.to_stride) * sizeof(float), k.from,
                                        static_cast<size_t>(k.from_stride) * sizeof(float),
                                        static_cast<size_t>(k.columns) * sizeof(float), static_cast<size_t>(k.rows),
                                        cudaMemcpyDeviceToDevice, persea::cuda::stream()),
                      "copying columns");
}
void Transpose::cuda(const Transpose& k) { cuda::each(k.rows * k.columns, cuda::TransposeBody{k}); }
void Sum::cuda(const Sum& k) { cuda::start(cuda::sum_all, dim3{1}, 1024, 0, k); }
void ScaleBy::cuda(const ScaleBy& k) { cuda::each(k.count, cuda::ScaleByBody{k}); }

}  // namespace persea::kernels
