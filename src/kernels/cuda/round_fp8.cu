// Two launches: the largest magnitudes of ranges; and tiles, each of which takes the largest of those, rounds, and
// writes itself and its transpose.
#include "kernels/round_fp8.h"

#include "kernels/cuda/device_math.h"
#include "tensor/fp8.h"

namespace persea::kernels {
namespace cuda {
namespace {

constexpr int kMostRanges = 512;

// Magnitudes as bits, which are in the order of the numbers, with what is no number above all.
template <int Width, class T>
__global__ void largest_of_ranges(int64_t count, const T* x, uint32_t* largest) {
  uint32_t own = 0;
  const int64_t step = int64_t{gridDim.x} * blockDim.x * Width;
  for (int64_t i = (int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * Width; i < count; i += step) {
    const Floats<Width> some = load<Width>(x + i);
#pragma unroll
    for (int j = 0; j < Width; ++j) own = larger(own, __float_as_uint(some.at[j]) & 0x7fffffffU);
  }
  own = block_largest(own);
  if (threadIdx.x == 0) largest[blockIdx.x] = own;
}

// A tile of kSide x kSide by kThreads, 16 neighbours each: 16 bytes of a row, then of a row of the transpose.
constexpr int kSide = 64, kTilePitch = kSide + 4;  // bytes: columns 16 rows apart lie in other banks

template <class F, int Width, class T>
__global__ void __launch_bounds__(kThreads) round_tile(RoundFp8 k, const uint32_t* largest, int ranges) {
  __shared__ uint32_t tile[kSide * kTilePitch / 4];
  uint32_t own = 0;
  for (int i = static_cast<int>(threadIdx.x); i < ranges; i += kThreads) own = larger(own, largest[i]);
  const float scale = fp8_scale<F>(__uint_as_float(block_largest(own))), inverse = 1 / scale;
  if (blockIdx.x == 0 && blockIdx.y == 0 && threadIdx.x == 0) *k.scale = scale;

  const int64_t row0 = int64_t{blockIdx.x} * kSide, column0 = int64_t{blockIdx.y} * kSide;
  const int line = static_cast<int>(threadIdx.x) / 4, part = static_cast<int>(threadIdx.x) % 4 * 16;
  uint32_t words[4] = {};
  const int64_t row = row0 + line, column = column0 + part;
#pragma unroll
  for (int i = 0; i < 16; i += Width) {
    if (row >= k.rows || column + i >= k.columns) continue;
    const Floats<Width> some = load<Width>(as<T>(k.x) + row * k.columns + column + i);
#pragma unroll
    for (int j = 0; j < Width; ++j)
      words[(i + j) / 4] |= uint32_t{to_fp8<F>(some.at[j] * inverse).bits} << (8 * ((i + j) % 4));
  }
  const auto put = [&words](uint8_t* at) {
    *reinterpret_cast<uint4*>(at) = make_uint4(words[0], words[1], words[2], words[3]);
  };
  if (k.along.at && row < k.rows && column < fp8_pitch(k.columns))
    put(as<uint8_t>(k.along) + row * fp8_pitch(k.columns) + column);
  if (!k.down.at) return;

#pragma unroll
  for (int i = 0; i < 4; ++i) tile[(line * kTilePitch + part) / 4 + i] = words[i];
  __syncthreads();
  const auto* const bytes = reinterpret_cast<const uint8_t*>(tile);
#pragma unroll
  for (int i = 0; i < 16; ++i) {
    if (i % 4 == 0) words[i / 4] = 0;
    words[i / 4] |= uint32_t{bytes[(part + i) * kTilePitch + line]} << (8 * (i % 4));
  }
  if (column0 + line < k.columns && row0 + part < fp8_pitch(k.rows))
    put(as<uint8_t>(k.down) + (column0 + line) * fp8_pitch(k.rows) + row0 + part);
}

}  // namespace
}  // namespace cuda

void RoundFp8::cuda(const RoundFp8& k) {
  using namespace cuda;
  if (k.rows <= 0 || k.columns <= 0) return;
  with_storage(k.columns, {k.x}, [&]<class T, int Width>() {
    const int64_t count = k.rows * k.columns;
    const unsigned ranges = smaller<unsigned>(blocks_for(count, kThreads * 4 * Width), kMostRanges);
    const Tensor largest({ranges}, DType::i32, cuda_device);
    auto* const there = reinterpret_cast<uint32_t*>(largest.raw());
    start(largest_of_ranges<Width, T>, dim3{ranges}, kThreads, 0, count, static_cast<const T*>(k.x.at), there);
    with_fp8(k.format, [&]<class F>(F) {
      start(round_tile<F, Width, T>, dim3{blocks_for(k.rows, kSide), blocks_for(k.columns, kSide)}, kThreads, 0, k,
            static_cast<const uint32_t*>(there), static_cast<int>(ranges));
    });
  });
}

}  // namespace persea::kernels
