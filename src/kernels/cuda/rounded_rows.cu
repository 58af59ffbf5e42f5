// Rounding rows to bf16: a thread for each pair of neighbours.
#include "kernels/rounded_rows.h"

#include <stdexcept>

#include "kernels/cuda/round_each.h"

namespace persea::kernels {
namespace cuda {
namespace {

struct Rows {
  const float* x;
  int64_t columns;
  const int32_t* from;
  __device__ const float* row(int64_t i) const { return x + (from ? from[i] : i) * columns; }
  __device__ float prepare(int64_t) const { return 0; }
};

struct Plain : Rows {
  __device__ float operator()(int64_t row, int64_t column, float) const { return this->row(row)[column]; }
};

// Each block of a row looks at all of it.
struct Normed : Rows {
  const float* gain;
  float eps;
  __device__ float prepare(int64_t row) const {
    const float* x = this->row(row);
    float squares = 0;
    for (int64_t i = threadIdx.x; i < columns; i += blockDim.x) squares += x[i] * x[i];
    return rsqrtf(block_sum(squares) / static_cast<float>(columns) + eps);
  }
  __device__ float operator()(int64_t row, int64_t column, float scale) const {
    return this->row(row)[column] * (gain ? scale * gain[column] : scale);
  }
};

struct Gated : Rows {  // columns: of x, twice as many
  __device__ float operator()(int64_t row, int64_t column, float) const {
    const float gate = this->row(row)[column];
    return this->row(row)[column + columns / 2] * gate / (1 + expf(-gate));
  }
};

struct Squared : Rows {
  __device__ float operator()(int64_t row, int64_t column, float) const {
    const float x = larger(this->row(row)[column], 0.0F);
    return x * x;
  }
};

}  // namespace
}  // namespace cuda

void RoundRows::cuda(const RoundRows& k) {
  const int64_t columns = k.to.columns;
  switch (k.form) {
    case Form::plain:
      return cuda::round_each(cuda::Plain{{k.x, columns, k.from}}, k.to);
    case Form::rms_norm:
      return cuda::round_each(cuda::Normed{{k.x, columns, k.from}, k.gain, k.eps}, k.to);
    case Form::swiglu:
      return cuda::round_each(cuda::Gated{{k.x, 2 * columns, k.from}}, k.to);
    case Form::relu_squared:
      return cuda::round_each(cuda::Squared{{k.x, columns, k.from}}, k.to);
  }
  throw std::logic_error("RoundRows: no such form");
}

}  // namespace persea::kernels
