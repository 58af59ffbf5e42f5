#include "kernels/cached_attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/cached_attention.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {

constexpr int64_t kKeyTile = CacheBlock::kTile, kPage = CacheBlock::kPage;
using KeyTag = hn::CappedTag<float, kKeyTile>;
using KeyVector = hn::Vec<KeyTag>;
constexpr int kVectors = static_cast<int>(kKeyTile / hn::MaxLanes(KeyTag()));  // in a tile

struct Query {
  const float* q;
  float* out;
  int64_t first, count;  // of the positions it attends to, and how many there are up to its own
};

// A format's numbers, a vector of them as f32.
struct F32 {
  using Element = float;
  static constexpr bool kScaled = false;
  static HWY_INLINE KeyVector load(const float* from) { return hn::LoadU(KeyTag(), from); }
};
struct F16 {
  using Element = hwy::float16_t;
  static constexpr bool kScaled = false;
  static HWY_INLINE KeyVector load(const hwy::float16_t* from) {
    return hn::PromoteTo(KeyTag(), hn::LoadU(hn::Rebind<hwy::float16_t, KeyTag>(), from));
  }
};
struct Q8 {
  using Element = int8_t;
  static constexpr bool kScaled = true;
  static HWY_INLINE KeyVector load(const int8_t* from) {
    const hn::Rebind<int32_t, KeyTag> integers;
    return hn::ConvertTo(KeyTag(), hn::PromoteTo(integers, hn::LoadU(hn::Rebind<int8_t, KeyTag>(), from)));
  }
};

// One key/value head in the pages of its sequence.
template <class Format>
struct Head {
  using Element = typename Format::Element;
  std::byte* const* pages;
  int64_t offset, head_dim, columns;  // columns: of a row of values

  const Element* keys(int64_t page) const { return reinterpret_cast<const Element*>(pages[page] + offset); }
  const Element* values(int64_t page) const { return keys(page) + kPage * head_dim; }
  const float* key_scales(int64_t page) const { return reinterpret_cast<const float*>(values(page) + kPage * columns); }
  const float* value_scales(int64_t page) const { return key_scales(page) + kPage; }
};

// How many sums of one query run at once: a sum waits for its last addition, so that several must be under way.
template <int N>
constexpr int kAtOnce = std::max(1, 8 / (N * kVectors));

// Loops over sums are unrolled: an index that is not known when it is compiled would keep them in memory. While keys
// are read, the values that follow them in the page are fetched, and while values are read, the next head's keys.

// Scores of N queries against G tiles of keys from `tile` on, times `scale`; scores of a query lie `stride` apart. Each
// score is one sum in the order of the head's dimensions, whatever N and G are.
template <class Format, int N, int G>
HWY_INLINE void score_tiles(const Query* queries, const Head<Format>& head, int64_t tile, float scale, float* scores,
                            int64_t stride) {
  constexpr int64_t kTiles = kPage / kKeyTile;
  const KeyTag d;
  const auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
  const typename Format::Element* keys[G];
  KeyVector sums[G][N][kVectors];
#pragma GCC unroll 8
  for (int g = 0; g < G; ++g) {
    keys[g] = head.keys((tile + g) / kTiles) + (tile + g) % kTiles * kKeyTile * head.head_dim;
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n)
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) sums[g][n][v] = hn::Zero(d);
  }
  constexpr int64_t kLineSteps = std::max<int64_t>(1, 64 / (kKeyTile * sizeof(typename Format::Element)));
  for (int64_t i = 0; i < head.head_dim; ++i) {
    if (i % kLineSteps == 0) {
#pragma GCC unroll 8
      for (int g = 0; g < G; ++g) __builtin_prefetch(keys[g] + i * kKeyTile + kPage * head.head_dim, 0, 2);
    }
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g)
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        const KeyVector key = Format::load(keys[g] + i * kKeyTile + v * lanes);
#pragma GCC unroll 8
        for (int n = 0; n < N; ++n) sums[g][n][v] = hn::MulAdd(key, hn::Set(d, queries[n].q[i]), sums[g][n][v]);
      }
  }
#pragma GCC unroll 8
  for (int g = 0; g < G; ++g)
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      auto factor = hn::Set(d, scale);
      if constexpr (Format::kScaled) {
        const float* scales = head.key_scales((tile + g) / kTiles) + (tile + g) % kTiles * kKeyTile;
        factor = hn::Mul(factor, hn::LoadU(d, scales + v * lanes));
      }
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n)
        hn::StoreU(hn::Mul(sums[g][n][v], factor), d, scores + n * stride + (tile + g) * kKeyTile + v * lanes);
    }
}

// The tiles [tile, tiles): as many at once as there are sums, then half as many.
template <class Format, int N, int G>
HWY_INLINE void score_from(const Query* queries, const Head<Format>& head, int64_t tile, int64_t tiles, float scale,
                           float* scores, int64_t stride) {
  for (; tile + G <= tiles; tile += G) score_tiles<Format, N, G>(queries, head, tile, scale, scores, stride);
  if constexpr (G > 1) score_from<Format, N, G / 2>(queries, head, tile, tiles, scale, scores, stride);
}

template <class Format, int N>
void scores_of(const Query* queries, const Head<Format>& head, int64_t tiles, float scale, float* scores,
               int64_t stride) {
  score_from<Format, N, kAtOnce<N>>(queries, head, 0, tiles, scale, scores, stride);
}

// Softmax over the scores [first, count); 0 in the rest of `padded`.
void softmax(float* scores, int64_t first, int64_t count, int64_t padded) {
  const KeyTag d;
  const auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
  std::fill(scores, scores + first, -1e30F);
  std::fill(scores + count, scores + padded, -1e30F);
  auto high = hn::Set(d, -1e30F);
  for (int64_t i = 0; i < padded; i += lanes) high = hn::Max(high, hn::LoadU(d, scores + i));
  const auto top = hn::MaxOfLanes(d, high);
  auto sum = hn::Zero(d);
  for (int64_t i = 0; i < padded; i += lanes) {
    const auto weight = exp_fast(d, hn::Sub(hn::LoadU(d, scores + i), top));
    hn::StoreU(weight, d, scores + i);
    sum = hn::Add(sum, weight);
  }
  const auto factor = hn::Div(hn::Set(d, 1.0F), hn::SumOfLanes(d, sum));
  for (int64_t i = 0; i < padded; i += lanes) hn::StoreU(hn::Mul(hn::LoadU(d, scores + i), factor), d, scores + i);
}

// Weights times the scales of the values that they are for.
template <class Format>
void scale_weights(const Head<Format>& head, int64_t padded, float* weights) {
  const KeyTag d;
  const auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
  for (int64_t i = 0; i < padded; i += lanes) {
    const float* scales = head.value_scales(i / kPage) + i % kPage;
    hn::StoreU(hn::Mul(hn::LoadU(d, weights + i), hn::LoadU(d, scales)), d, weights + i);
  }
}

// G times kKeyTile columns, from `column` on, of out = weights values for N queries. A query's weights behind its own
// positions are 0 and leave its sums as they are, so that neither N nor G changes anything.
template <class Format, int N, int G>
HWY_INLINE void value_columns(const Query* queries, const Head<Format>& head, int64_t column, int64_t count,
                              const float* weights, int64_t stride) {
  const KeyTag d;
  const auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
  KeyVector sums[G * kVectors][N];
#pragma GCC unroll 8
  for (int v = 0; v < G * kVectors; ++v)
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) sums[v][n] = hn::Zero(d);
  for (int64_t begin = 0; begin < count; begin += kPage) {
    const auto* values = head.values(begin / kPage) + column;
    const int64_t here = std::min(kPage, count - begin);
    for (int64_t p = 0; p < here; ++p) {
      constexpr int64_t kLine = 64 / sizeof(typename Format::Element);
      constexpr int64_t kScales = Format::kScaled ? 2 * kPage * sizeof(float) / sizeof(typename Format::Element) : 0;
#pragma GCC unroll 8
      for (int64_t c = 0; c < G * kKeyTile; c += kLine)
        __builtin_prefetch(values + p * head.columns + c + kPage * head.columns + kScales, 0, 2);
#pragma GCC unroll 8
      for (int v = 0; v < G * kVectors; ++v) {
        const KeyVector value = Format::load(values + p * head.columns + v * lanes);
#pragma GCC unroll 8
        for (int n = 0; n < N; ++n)
          sums[v][n] = hn::MulAdd(value, hn::Set(d, weights[n * stride + begin + p]), sums[v][n]);
      }
    }
  }
  float line[G * kKeyTile];
#pragma GCC unroll 8
  for (int n = 0; n < N; ++n) {
#pragma GCC unroll 8
    for (int v = 0; v < G * kVectors; ++v) hn::StoreU(sums[v][n], d, line + v * lanes);
    std::copy_n(line, std::min(G * kKeyTile, head.head_dim - column), queries[n].out + column);
  }
}

template <class Format, int N>
void values_of(const Query* queries, const Head<Format>& head, int64_t count, const float* weights, int64_t stride) {
  constexpr int kColumns = std::min(4, kAtOnce<N>);
  int64_t c = 0;
  for (; c + kColumns * kKeyTile <= head.columns; c += kColumns * kKeyTile)
    value_columns<Format, N, kColumns>(queries, head, c, count, weights, stride);
  if constexpr (kColumns > 1)
    for (; c < head.columns; c += kKeyTile) value_columns<Format, N, 1>(queries, head, c, count, weights, stride);
}

template <class Format, int N>
void attend(const Query* queries, Head<Format> head, std::vector<float>& scratch) {
  int64_t most = 0, least = queries[0].first;
  for (int n = 0; n < N; ++n) most = std::max(most, queries[n].count), least = std::min(least, queries[n].first);
  // Pages that none of them sees are passed over; in the page, places keep their lanes, and so their sums their bits.
  const int64_t unseen = least / kPage * kPage;
  head.pages += least / kPage;
  most -= unseen;
  const int64_t tiles = (most + kKeyTile - 1) / kKeyTile, stride = tiles * kKeyTile;
  if (static_cast<int64_t>(scratch.size()) < N * stride) scratch.resize(static_cast<size_t>(N * stride));
  const float scale = 1.0F / std::sqrt(static_cast<float>(head.head_dim));
  scores_of<Format, N>(queries, head, tiles, scale, scratch.data(), stride);
  for (int n = 0; n < N; ++n) {
    float* scores = scratch.data() + n * stride;
    softmax(scores, queries[n].first - unseen, queries[n].count - unseen, stride);
    if constexpr (Format::kScaled) scale_weights(head, stride, scores);
  }
  values_of<Format, N>(queries, head, most, scratch.data(), stride);
}

template <class Format>
void attend_all(const Query* queries, int64_t count, const Head<Format>& head) {
  thread_local std::vector<float> scratch;
  int64_t i = 0;
  if constexpr (kVectors == 1)  // narrower vectors have no registers for eight
    for (; i + 8 <= count; i += 8) attend<Format, 8>(queries + i, head, scratch);
  for (; i + 4 <= count; i += 4) attend<Format, 4>(queries + i, head, scratch);
  for (; i + 2 <= count; i += 2) attend<Format, 2>(queries + i, head, scratch);
  for (; i < count; ++i) attend<Format, 1>(queries + i, head, scratch);
}

void attend_item(const CachedAttention& a, int64_t kv_head, int64_t first, int64_t count) {
  const int64_t group = a.heads / a.kv_heads, qkv_columns = (a.heads + 2 * a.kv_heads) * a.head_dim;
  Query queries[CachedAttention::kQueries];
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = (first + i) / group, head = kv_head * group + (first + i) % group;
    queries[i] = {a.qkv + row * qkv_columns + head * a.head_dim, a.out + (row * a.heads + head) * a.head_dim,
                  CachedAttention::first_seen(a.past + row, a.window, a.chunk), a.past + row + 1};
  }
  const int64_t offset = a.cache.offset + kv_head * CacheBlock::head_bytes(a.head_dim, a.cache.format);
  const int64_t columns = CacheBlock::value_columns(a.head_dim);
  switch (a.cache.format) {
    case CacheFormat::f32:
      return attend_all<F32>(queries, count, {a.cache.pages, offset, a.head_dim, columns});
    case CacheFormat::f16:
      return attend_all<F16>(queries, count, {a.cache.pages, offset, a.head_dim, columns});
    case CacheFormat::q8:
      return attend_all<Q8>(queries, count, {a.cache.pages, offset, a.head_dim, columns});
  }
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::kernels {
namespace {

int64_t items_of_head(const CachedAttention& a) {
  return (a.rows * (a.heads / a.kv_heads) + CachedAttention::kQueries - 1) / CachedAttention::kQueries;
}

int64_t element_bytes(CacheFormat format) {
  switch (format) {
    case CacheFormat::f32:
      return 4;
    case CacheFormat::f16:
      return 2;
    case CacheFormat::q8:
      return 1;
  }
  return 0;
}

}  // namespace

HWY_EXPORT(attend_item);

int64_t CacheBlock::head_bytes(int64_t head_dim, CacheFormat format) {
  const int64_t numbers = kPage * (head_dim + value_columns(head_dim)) * element_bytes(format);
  return numbers + (format == CacheFormat::q8 ? 2 * kPage * static_cast<int64_t>(sizeof(float)) : 0);
}

int64_t CachedAttention::items() const { return kv_heads * items_of_head(*this); }

void CachedAttention::cpu_item(const CachedAttention& a, int64_t item) {
  const int64_t per_head = items_of_head(a), first = item % per_head * CachedAttention::kQueries;
  const int64_t count = std::min<int64_t>(CachedAttention::kQueries, a.rows * (a.heads / a.kv_heads) - first);
  HWY_DYNAMIC_DISPATCH(attend_item)(a, item / per_head, first, count);
}

}  // namespace persea::kernels
#endif
