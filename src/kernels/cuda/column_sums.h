// Sums down the columns of something that has rows, in two launches and a fixed order: each range of rows for itself,
// then the ranges.
#pragma once

#include "kernels/cuda/device_math.h"
#include "tensor/tensor.h"

namespace persea::kernels::cuda {

constexpr int64_t kSumRows = 256;                    // of a range
constexpr int kSumColumns = 32, kSumRowThreads = 8;  // a block's threads

template <class Element>
__global__ void sum_ranges(int64_t rows, int64_t columns, Element element, float* partial) {
  __shared__ float sums[kSumRowThreads][kSumColumns];
  const int64_t column = int64_t{blockIdx.x} * kSumColumns + threadIdx.x % kSumColumns;
  const int lane = static_cast<int>(threadIdx.x) / kSumColumns;
  const int64_t end = smaller(rows, (int64_t{blockIdx.y} + 1) * kSumRows);
  float sum = 0;
  if (column < columns)
    for (int64_t r = int64_t{blockIdx.y} * kSumRows + lane; r < end; r += kSumRowThreads) sum += element(r, column);
  sums[lane][threadIdx.x % kSumColumns] = sum;
  __syncthreads();
  if (lane > 0 || column >= columns) return;
  for (int i = 1; i < kSumRowThreads; ++i) sum += sums[i][threadIdx.x];
  partial[blockIdx.y * columns + column] = sum;
}

struct AddRanges {
  int64_t ranges, columns;
  const float* partial;
  float* out;
  bool accumulate;
  __device__ void operator()(int64_t column) const {
    float sum = accumulate ? out[column] : 0;
    for (int64_t i = 0; i < ranges; ++i) sum += partial[i * columns + column];
    out[column] = sum;
  }
};

// An element of rows that lie one behind the other.
template <class T>
struct RowElement {
  int64_t columns;
  const T* x;
  __device__ float operator()(int64_t row, int64_t column) const { return to_f32(x[row * columns + column]); }
};

// out[c] (+)= sum over r of element(r, c).
template <class Element>
void column_sums(int64_t rows, int64_t columns, const Element& element, float* out, bool accumulate) {
  const int64_t ranges = (rows + kSumRows - 1) / kSumRows;
  const Tensor partial({ranges, columns}, DType::f32, cuda_device);
  start(sum_ranges<Element>, dim3{blocks_for(columns, kSumColumns), static_cast<unsigned>(ranges)},
        kSumColumns * kSumRowThreads, 0, rows, columns, element, partial.data());
  each(columns, AddRanges{ranges, columns, partial.data(), out, accumulate});
}

}  // namespace persea::kernels::cuda
