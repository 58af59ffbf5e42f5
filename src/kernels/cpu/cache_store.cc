// New keys and values on their way into the cache: turned by RoPE, rounded to its format, put in their places. What
// attends to them is in cached_attention.cc.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <vector>

#include "kernels/cached_attention.h"
#include "kernels/cpu/targets.h"
#include "tensor/half.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/cache_store.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int64_t kKeyTile = CacheBlock::kTile, kPage = CacheBlock::kPage;
using Floats = hn::CappedTag<float, kKeyTile>;

// (x[i], x[i + half]) turned by the position's angle, as Hugging Face does.
void turn(float* x, const float* cos, const float* sin, int64_t half) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
  int64_t i = 0;
  for (; i + lanes <= half; i += lanes) {
    const auto a = hn::LoadU(d, x + i), b = hn::LoadU(d, x + i + half);
    const auto c = hn::LoadU(d, cos + i), s = hn::LoadU(d, sin + i);
    hn::StoreU(hn::Sub(hn::Mul(a, c), hn::Mul(b, s)), d, x + i);
    hn::StoreU(hn::Add(hn::Mul(b, c), hn::Mul(a, s)), d, x + i + half);
  }
  for (; i < half; ++i) {
    const float a = x[i], b = x[i + half];
    x[i] = a * cos[i] - b * sin[i];
    x[i + half] = b * cos[i] + a * sin[i];
  }
}

// Whether this instruction set has an instruction that makes halves: what stands in for it elsewhere cuts bits off.
constexpr bool kRoundsHalves = HWY_ARCH_X86 ? HWY_TARGET <= HWY_AVX2 : HWY_ARCH_ARM_A64;

// x as a format's numbers.
void convert(const float* x, int64_t count, float* to, float* /*scale*/) { std::copy_n(x, count, to); }
void convert(const float* x, int64_t count, hwy::float16_t* to, float* /*scale*/) {
  const Floats d;
  const hn::Rebind<hwy::float16_t, Floats> halves;
  const auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
  int64_t i = 0;
  if constexpr (kRoundsHalves)
    for (; i + lanes <= count; i += lanes) hn::StoreU(hn::DemoteTo(halves, hn::LoadU(d, x + i)), halves, to + i);
  for (; i < count; ++i) {
    const uint16_t bits = to_half(x[i]);
    std::memcpy(to + i, &bits, sizeof bits);
  }
}
void convert(const float* x, int64_t count, int8_t* to, float* scale) {
  float most = 0;
  for (int64_t i = 0; i < count; ++i) most = std::max(most, std::abs(x[i]));
  *scale = most / 127;
  const float inverse = most > 0 ? 127 / most : 0;
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<int8_t>(std::lrint(x[i] * inverse));
}

// A key and a value to their place in a head's page.
template <class Element>
void store_head(const CachedAttention& a, std::byte* block, int64_t place, const float* k, const float* v) {
  const int64_t columns = CacheBlock::value_columns(a.head_dim);
  auto* keys = reinterpret_cast<Element*>(block);
  Element* values = keys + kPage * a.head_dim;
  float *key_scale = nullptr, *value_scale = nullptr;
  if constexpr (std::is_same_v<Element, int8_t>) {
    key_scale = reinterpret_cast<float*>(values + kPage * columns) + place;
    value_scale = key_scale + kPage;
  }
  convert(v, a.head_dim, values + place * columns, value_scale);
  Element* key = keys + place / kKeyTile * kKeyTile * a.head_dim + place % kKeyTile;
  thread_local std::vector<Element> row;
  row.resize(static_cast<size_t>(a.head_dim));
  convert(k, a.head_dim, row.data(), key_scale);
  for (int64_t i = 0; i < a.head_dim; ++i) key[i * kKeyTile] = row[static_cast<size_t>(i)];
}

// Head by head: what neighbouring rows write of one head is near.
template <class Element>
void store_heads(const CachedAttention& a, int64_t begin, int64_t end) {
  const int64_t bytes = CacheBlock::head_bytes(a.head_dim, a.cache.format);
  for (int64_t h = 0; h < a.kv_heads; ++h)
    for (int64_t row = begin; row < end; ++row) {
      const int64_t position = a.past + row;
      std::byte* block = a.cache.pages[position / kPage] + a.cache.offset + h * bytes;
      const float* k = a.qkv + (row * (a.heads + 2 * a.kv_heads) + a.heads + h) * a.head_dim;
      store_head<Element>(a, block, position % kPage, k, k + a.kv_heads * a.head_dim);
    }
}

void store_rows(const CachedAttention& a, int64_t begin, int64_t end) {
  const int64_t half = a.head_dim / 2;
  for (int64_t row = begin; row < end; ++row) {
    const float *cos = a.cos + (a.past + row) * half, *sin = a.sin + (a.past + row) * half;
    float* q = a.qkv + row * (a.heads + 2 * a.kv_heads) * a.head_dim;
    for (int64_t h = 0; h < a.heads + a.kv_heads; ++h) turn(q + h * a.head_dim, cos, sin, half);
  }
  switch (a.cache.format) {
    case CacheFormat::f32:
      return store_heads<float>(a, begin, end);
    case CacheFormat::f16:
      return store_heads<hwy::float16_t>(a, begin, end);
    case CacheFormat::q8:
      return store_heads<int8_t>(a, begin, end);
  }
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::kernels {

HWY_EXPORT(store_rows);

void CachedAttention::cpu_store(const CachedAttention& a, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(store_rows)(a, begin, end);
}

}  // namespace persea::kernels
#endif
