// New keys and values on their way into the cache: a warp for each head of a row.
#include "kernels/cuda/paged.h"

namespace persea::kernels {
namespace cuda {
namespace {

constexpr int kWarps = 8, kMost = static_cast<int>(PagedRows::kMostHeadDim / 64);

// A head of at most kMost * 64 numbers: a lane has (x[i], x[i + half]) for i = lane, lane + 32, ...
struct HeadOfWarp {
  int half;
  float first[kMost], second[kMost];

  __device__ static int index(int n) { return static_cast<int>(threadIdx.x % 32) + 32 * n; }
  __device__ bool has(int n) const { return index(n) < half; }

  __device__ HeadOfWarp(const float* x, int64_t head_dim) : half(static_cast<int>(head_dim / 2)) {
#pragma unroll
    for (int n = 0; n < kMost; ++n) {
      first[n] = has(n) ? x[index(n)] : 0;
      second[n] = has(n) ? x[index(n) + half] : 0;
    }
  }
  __device__ void norm(const float* gain, float eps) {
    float squares = 0;
#pragma unroll
    for (int n = 0; n < kMost; ++n) squares += first[n] * first[n] + second[n] * second[n];
    const float scale = rsqrtf(warp_sum(squares) / static_cast<float>(2 * half) + eps);
#pragma unroll
    for (int n = 0; n < kMost; ++n)
      if (has(n)) first[n] *= scale * gain[index(n)], second[n] *= scale * gain[index(n) + half];
  }
  __device__ void turn(const float* cos, const float* sin) {
#pragma unroll
    for (int n = 0; n < kMost; ++n) {
      if (!has(n)) continue;
      const float a = first[n], b = second[n], c = cos[index(n)], s = sin[index(n)];
      first[n] = a * c - b * s;
      second[n] = b * c + a * s;
    }
  }
  __device__ float largest() const {
    float most = 0;
#pragma unroll
    for (int n = 0; n < kMost; ++n) most = larger(most, larger(fabsf(first[n]), fabsf(second[n])));
    return warp_largest(most);
  }
  template <class Put>
  __device__ void each(const Put& put) const {
#pragma unroll
    for (int n = 0; n < kMost; ++n)
      if (has(n)) put(index(n), first[n]), put(index(n) + half, second[n]);
  }
};

template <CacheFormat Format>
__global__ void store_heads(PagedStore k) {
  const PagedRows& r = k.rows;
  const int64_t heads = r.heads + 2 * r.kv_heads, at = int64_t{blockIdx.x} * kWarps + threadIdx.x / 32;
  const int64_t row = at / heads, head = at % heads;
  if (row >= r.rows || r.positions[row] < 0) return;
  const int64_t position = r.positions[row], half = r.head_dim / 2;
  const bool is_q = head < r.heads, is_v = head >= r.heads + r.kv_heads;
  float* x = r.qkv + row * r.columns() + head * r.head_dim;
  HeadOfWarp numbers(x, r.head_dim);
  if (!is_v) {
    if (const float* gain = is_q ? k.q_gain : k.k_gain) numbers.norm(gain, k.eps);
    numbers.turn(k.cos + position * half, k.sin + position * half);
  }
  if (is_q) return numbers.each([&](int i, float value) { x[i] = value; });

  const int64_t place = position % CacheBlock::kPage;
  const PagedHead<Format> page(r, row, position / CacheBlock::kPage, (head - r.heads) % r.kv_heads);
  float factor = 0;
  if constexpr (PagedHead<Format>::kScaled) {
    const float most = numbers.largest();
    factor = most > 0 ? 127 / most : 0;
    if (threadIdx.x % 32 == 0) (is_v ? page.value_scales : page.key_scales)[place] = most / 127;
  }
  auto* to = is_v ? page.value(place) : page.key(place);
  const int64_t step = is_v ? 1 : CacheBlock::kTile;
  numbers.each([&](int i, float value) { to[i * step] = CacheNumber<Format>::round(value, factor); });
}

}  // namespace
}  // namespace cuda

void PagedStore::cuda(const PagedStore& k) {
  const int64_t heads = k.rows.rows * (k.rows.heads + 2 * k.rows.kv_heads);
  cuda::with_cache_format(k.rows.format, [&]<CacheFormat Format>() {
    cuda::start(cuda::store_heads<Format>, dim3{cuda::blocks_for(heads, cuda::kWarps)}, 32 * cuda::kWarps, 0, k);
  });
}

}  // namespace persea::kernels
