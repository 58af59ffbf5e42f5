// Activations and what else is done element by element, 16 bytes a thread where they are aligned.
#include "kernels/rows.h"

#include "kernels/columns.h"
#include "kernels/cuda/column_sums.h"
#include "kernels/row_bias.h"

namespace persea::kernels {
namespace cuda {
namespace {

__device__ float sigmoid(float x) { return 1 / (1 + expf(-x)); }

// Element `i` of y lies in row i / columns: of x, gate and up lie in a row of 2 columns.
template <class T, int Width>
struct SwiGluBody {
  SwiGlu k;
  __device__ void operator()(int64_t at) const {
    const int64_t i = at * Width, gate = i + i / k.columns * k.columns;
    const auto x = load<Width>(as<T>(k.x) + gate);
    auto up = load<Width>(as<T>(k.x) + gate + k.columns);
    for (int j = 0; j < Width; ++j) up.at[j] *= x.at[j] * sigmoid(x.at[j]);
    store<Width>(up, as<T>(k.y) + i);
  }
};

// d silu / dx = s + silu (1 - s)
template <class T, int Width>
struct SwiGluBackwardBody {
  SwiGluBackward k;
  __device__ void operator()(int64_t at) const {
    const int64_t i = at * Width, gate = i + i / k.columns * k.columns;
    const auto x = load<Width>(as<T>(k.x) + gate), up = load<Width>(as<T>(k.x) + gate + k.columns),
               dy = load<Width>(as<T>(k.dy) + i);
    T *const to_gate = as<T>(k.dx) + gate, *const to_up = to_gate + k.columns;
    Floats<Width> dgate{}, dup{}, y;
    if (k.accumulate) dgate = load<Width>(to_gate), dup = load<Width>(to_up);
    for (int j = 0; j < Width; ++j) {
      const float s = sigmoid(x.at[j]), silu = x.at[j] * s;
      y.at[j] = silu * up.at[j];
      dgate.at[j] += dy.at[j] * up.at[j] * (s + silu * (1 - s));
      dup.at[j] += dy.at[j] * silu;
    }
    if (k.y.at) store<Width>(y, as<T>(k.y) + i);
    store<Width>(dgate, to_gate);
    store<Width>(dup, to_up);
  }
};

template <class T, int Width>
struct ReluSquaredBody {
  ReluSquared k;
  __device__ void operator()(int64_t at) const {
    auto v = load<Width>(as<T>(k.x) + at * Width);
    for (int j = 0; j < Width; ++j) v.at[j] = v.at[j] > 0 ? v.at[j] * v.at[j] : 0;
    store<Width>(v, as<T>(k.y) + at * Width);
  }
};

template <class T, int Width>
struct ReluSquaredBackwardBody {
  ReluSquaredBackward k;
  __device__ void operator()(int64_t at) const {
    const int64_t i = at * Width;
    const auto x = load<Width>(as<T>(k.x) + i), dy = load<Width>(as<T>(k.dy) + i);
    auto dx = k.accumulate ? load<Width>(as<T>(k.dx) + i) : Floats<Width>{};
    for (int j = 0; j < Width; ++j) dx.at[j] += x.at[j] > 0 ? 2 * x.at[j] * dy.at[j] : 0;
    store<Width>(dx, as<T>(k.dx) + i);
  }
};

template <class T, int Width>
struct AxpbyBody {
  Axpby k;
  __device__ void operator()(int64_t at) const {
    const int64_t i = at * Width;
    const auto x = load<Width>(as<T>(k.x) + i);
    auto y = k.b == 0 ? Floats<Width>{} : load<Width>(as<T>(k.y) + i);
    for (int j = 0; j < Width; ++j) y.at[j] = k.a * x.at[j] + k.b * y.at[j];
    store<Width>(y, as<T>(k.y) + i);
  }
};

// splitmix64's finalizer, as on the CPU: the same elements are dropped there.
__device__ uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

template <class T, int Width>
struct DropoutBody {
  Dropout k;
  uint64_t threshold;
  float scale;
  __device__ void operator()(int64_t at) const {
    const int64_t i = at * Width;
    auto x = load<Width>(as<T>(k.x) + i);
    const auto residual = k.residual.at ? load<Width>(as<T>(k.residual) + i) : Floats<Width>{};
    const auto y = k.accumulate ? load<Width>(as<T>(k.y) + i) : Floats<Width>{};
    for (int j = 0; j < Width; ++j) {
      const uint64_t bits = mix(k.seed + 0x9e3779b97f4a7c15ULL * static_cast<uint64_t>(k.first + i + j + 1)) >> 32;
      x.at[j] = (bits < threshold ? 0.0F : x.at[j] * scale) + residual.at[j] + y.at[j];
    }
    store<Width>(x, as<T>(k.y) + i);
  }
};

template <class T, int Width>
struct RowBiasBody {
  RowBias k;
  __device__ void operator()(int64_t at) const {
    const int64_t i = at * Width;
    auto x = load<Width>(as<T>(k.x) + i);
    const auto bias = load<Width>(k.bias + i % k.columns);
    for (int j = 0; j < Width; ++j) x.at[j] += bias.at[j];
    store<Width>(x, as<T>(k.y) + i);
  }
};

struct TransposeBody {
  Transpose k;
  __device__ void operator()(int64_t i) const { k.y[i] = k.x[i % k.rows * k.columns + i / k.rows]; }
};

__global__ void sum_all(Sum k) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < k.count; i += blockDim.x) sum += static_cast<double>(k.x[i]);
  sum = block_sum(sum);
  if (threadIdx.x == 0) *k.y = static_cast<float>(sum * static_cast<double>(*k.factor));
}

template <class T, int Width>
struct ScaleByBody {
  ScaleBy k;
  __device__ void operator()(int64_t at) const {
    if (*k.factor == 1) return;
    auto x = load<Width>(as<T>(k.x) + at * Width);
    for (int j = 0; j < Width; ++j) x.at[j] *= *k.factor;
    store<Width>(x, as<T>(k.x) + at * Width);
  }
};

// Body<T, Width> over `count` numbers in rows of `columns`, all of which are of one type.
template <template <class, int> class Body, class Kernel, class... More>
void each_vector(int64_t count, int64_t columns, std::initializer_list<ConstNumbers> all, const Kernel& k,
                 const More&... more) {
  with_storage(columns, all, [&]<class T, int Width>() { each(count / Width, Body<T, Width>{k, more...}); });
}

}  // namespace
}  // namespace cuda

void SwiGlu::cuda(const SwiGlu& k) {
  cuda::each_vector<cuda::SwiGluBody>(k.rows * k.columns, k.columns, {k.x, k.y}, k);
}
void SwiGluBackward::cuda(const SwiGluBackward& k) {
  cuda::each_vector<cuda::SwiGluBackwardBody>(k.rows * k.columns, k.columns, {k.x, k.dy, k.dx, k.y}, k);
}
void ReluSquared::cuda(const ReluSquared& k) {
  cuda::each_vector<cuda::ReluSquaredBody>(k.rows * k.columns, k.rows * k.columns, {k.x, k.y}, k);
}
void ReluSquaredBackward::cuda(const ReluSquaredBackward& k) {
  cuda::each_vector<cuda::ReluSquaredBackwardBody>(k.rows * k.columns, k.rows * k.columns, {k.x, k.dy, k.dx}, k);
}
void Axpby::cuda(const Axpby& k) { cuda::each_vector<cuda::AxpbyBody>(k.count, k.count, {k.x, k.y}, k); }
void Dropout::cuda(const Dropout& k) {
  const auto threshold = static_cast<uint64_t>(static_cast<double>(k.probability) * 4294967296.0);
  cuda::each_vector<cuda::DropoutBody>(k.count, k.count, {k.x, k.residual, k.y}, k, threshold,
                                       1.0F / (1.0F - k.probability));
}
void RowBias::cuda(const RowBias& k) {
  cuda::each_vector<cuda::RowBiasBody>(k.rows * k.columns, k.columns, {k.x, k.y}, k);
}
void RowBiasBackward::cuda(const RowBiasBackward& k) {
  cuda::with_storage(1, {k.dy}, [&]<class T, int>() {
    cuda::column_sums(k.rows, k.columns, cuda::RowElement<T>{k.columns, static_cast<const T*>(k.dy.at)}, k.dbias,
                      k.accumulate);
  });
}

void CopyColumns::cuda(const CopyColumns& k) {
  if (k.from.dtype != k.to.dtype) throw std::logic_error("copying columns: of one type to another");
  const auto bytes = [&](int64_t numbers) { return static_cast<size_t>(numbers * dtype_bytes(k.from.dtype)); };
  persea::cuda::check(cudaMemcpy2DAsync(k.to.at, bytes(k.to_stride), k.from.at, bytes(k.from_stride), bytes(k.columns),
                                        static_cast<size_t>(k.rows), cudaMemcpyDeviceToDevice, persea::cuda::stream()),
                      "copying columns");
}
void Transpose::cuda(const Transpose& k) { cuda::each(k.rows * k.columns, cuda::TransposeBody{k}); }
void Sum::cuda(const Sum& k) { cuda::start(cuda::sum_all, dim3{1}, 1024, 0, k); }
void ScaleBy::cuda(const ScaleBy& k) { cuda::each_vector<cuda::ScaleByBody>(k.count, k.count, {k.x}, k); }

}  // namespace persea::kernels
