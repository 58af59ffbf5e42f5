// What the kernels over a paged cache share: a head's place in a page, and its numbers' format.
#pragma once

#include "kernels/cuda/device_math.h"
#include "kernels/cuda/instructions.h"
#include "kernels/paged_attention.h"

namespace persea::kernels::cuda {

template <CacheFormat Format>
struct CacheNumber;
template <>
struct CacheNumber<CacheFormat::f32> {
  using Type = float;
  static __device__ float load(float x) { return x; }
  static __device__ float round(float x, float) { return x; }
};
template <>
struct CacheNumber<CacheFormat::f16> {
  using Type = uint16_t;
  static __device__ float load(uint16_t x) { return half_to_f32(x); }
  static __device__ uint16_t round(float x, float) { return f32_to_half(x); }
};
template <>
struct CacheNumber<CacheFormat::q8> {
  using Type = int8_t;
  static __device__ float load(int8_t x) { return static_cast<float>(x); }
  static __device__ int8_t round(float x, float factor) { return static_cast<int8_t>(__float2int_rn(x * factor)); }
};

// One key/value head in a page: see CacheBlock.
template <CacheFormat Format>
struct PagedHead {
  using Number = typename CacheNumber<Format>::Type;
  static constexpr int64_t kTile = CacheBlock::kTile, kPage = CacheBlock::kPage;
  static constexpr bool kScaled = Format == CacheFormat::q8;
  Number *keys, *values;
  float *key_scales, *value_scales;  // of q8
  int64_t head_dim, value_pitch;

  __device__ PagedHead(const PagedRows& r, int64_t row, int64_t page, int64_t head)
      : head_dim(r.head_dim), value_pitch((r.head_dim + kTile - 1) / kTile * kTile) {
    const int64_t numbers = kPage * (r.head_dim + value_pitch);
    const int64_t bytes = numbers * static_cast<int64_t>(sizeof(Number)) + (kScaled ? 2 * kPage * 4 : 0);
    keys = reinterpret_cast<Number*>(r.pages[r.tables[row] * r.table_pages + page] + r.offset + head * bytes);
    values = keys + kPage * r.head_dim;
    key_scales = reinterpret_cast<float*>(keys + numbers);
    value_scales = key_scales + kPage;
  }
  // A position's key, its numbers kTile apart, and its value.
  __device__ Number* key(int64_t place) const { return keys + place / kTile * kTile * head_dim + place % kTile; }
  __device__ Number* value(int64_t place) const { return values + place * value_pitch; }
};

template <class Fn>
void with_cache_format(CacheFormat format, const Fn& fn) {
  switch (format) {
    case CacheFormat::f32:
      return fn.template operator()<CacheFormat::f32>();
    case CacheFormat::f16:
      return fn.template operator()<CacheFormat::f16>();
    case CacheFormat::q8:
      return fn.template operator()<CacheFormat::q8>();
  }
}

}  // namespace persea::kernels::cuda
