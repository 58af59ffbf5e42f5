// Numbers that are made one by one, rounded to sums of bf16 on their way to where a product takes them.
#pragma once

#include <stdexcept>

#include "kernels/cuda/device_math.h"
#include "kernels/cuda/instructions.h"
#include "kernels/rounded_rows.h"

namespace persea::kernels::cuda {

// Two numbers as sums of pairs of bf16.
template <int Parts>
__device__ void split(float low, float high, uint32_t (&parts)[Parts]) {
#pragma unroll
  for (int p = 0; p < Parts; ++p) {
    parts[p] = pack_bf16(low, high);
    low -= __uint_as_float(parts[p] << 16);
    high -= __uint_as_float(parts[p] & 0xffff0000U);
  }
}

// source(row, column, prepared) is a number, `prepared` what source.prepare(row) gives all threads of a block.
template <int Parts, class Source>
__global__ void round_each_kernel(Source source, RoundedRows to) {
  const int64_t row = blockIdx.y, column = 2 * (int64_t{blockIdx.x} * blockDim.x + threadIdx.x);
  const auto prepared = source.prepare(row);
  if (column >= to.pitch()) return;
  uint32_t parts[Parts];
  split(column < to.columns ? source(row, column, prepared) : 0,
        column + 1 < to.columns ? source(row, column + 1, prepared) : 0, parts);
  for (int p = 0; p < Parts; ++p)
    *reinterpret_cast<uint32_t*>(to.data + (p * to.rows + row) * to.pitch() + column) = parts[p];
}

// The first `rows` of the rows alone (a part of rows that begins later lies as far apart as the whole).
template <class Source>
void round_each(const Source& source, const RoundedRows& to, int64_t rows) {
  const dim3 blocks{blocks_for(to.pitch() / 2, kThreads), static_cast<unsigned>(rows)};
  switch (to.parts) {
    case 1:
      return start(round_each_kernel<1, Source>, blocks, kThreads, 0, source, to);
    case 2:
      return start(round_each_kernel<2, Source>, blocks, kThreads, 0, source, to);
    case 3:
      return start(round_each_kernel<3, Source>, blocks, kThreads, 0, source, to);
    default:
      throw std::logic_error("RoundedRows: 1 to 3 parts");
  }
}
template <class Source>
void round_each(const Source& source, const RoundedRows& to) {
  round_each(source, to, to.rows);
}

}  // namespace persea::kernels::cuda
