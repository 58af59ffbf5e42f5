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

constexpr int64_t kKeyTile = CacheBlock::kTile;
constexpr int kQueries = CachedAttention::kQueries;

struct Query {
  const float* q;
  float* out;
  int64_t count;  // positions it attends to
};

// Scores of N queries against `tiles` tiles of keys, times `scale`; scores of a query lie `stride` apart.
template <int N>
void scores_of(const Query* queries, const float* keys, int64_t tiles, int64_t head_dim, float scale, float* scores,
               int64_t stride) {
  const hn::CappedTag<float, kKeyTile> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int kVectors = static_cast<int>(kKeyTile / hn::MaxLanes(hn::CappedTag<float, kKeyTile>()));
  const auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
  for (int64_t t = 0; t < tiles; ++t) {
    const float* tile = keys + t * kKeyTile * head_dim;
    V sums[N][kVectors];
    for (int n = 0; n < N; ++n)
      for (int v = 0; v < kVectors; ++v) sums[n][v] = hn::Zero(d);
    for (int64_t i = 0; i < head_dim; ++i) {
      for (int v = 0; v < kVectors; ++v) {
        const V key = hn::LoadU(d, tile + i * kKeyTile + v * lanes);
        for (int n = 0; n < N; ++n) sums[n][v] = hn::MulAdd(key, hn::Set(d, queries[n].q[i]), sums[n][v]);
      }
    }
    for (int n = 0; n < N; ++n)
      for (int v = 0; v < kVectors; ++v)
        hn::StoreU(hn::Mul(sums[n][v], hn::Set(d, scale)), d, scores + n * stride + t * kKeyTile + v * lanes);
  }
}

// Softmax over the first `count` scores; 0 in the rest of `padded`.
void softmax(float* scores, int64_t count, int64_t padded) {
  const hn::CappedTag<float, kKeyTile> d;
  const auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
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

// out = weights values for N queries, kKeyTile columns at a time; `columns` is padded, `head_dim` of them are wanted.
template <int N>
void values_of(const Query* queries, const float* values, int64_t count, int64_t columns, int64_t head_dim,
               const float* weights, int64_t stride) {
  const hn::CappedTag<float, kKeyTile> d;
  using V = hn::Vec<decltype(d)>;
  constexpr int kVectors = static_cast<int>(kKeyTile / hn::MaxLanes(hn::CappedTag<float, kKeyTile>()));
  const auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
  for (int64_t c = 0; c < columns; c += kKeyTile) {
    V sums[N][kVectors];
    for (int n = 0; n < N; ++n)
      for (int v = 0; v < kVectors; ++v) sums[n][v] = hn::Zero(d);
    for (int64_t p = 0; p < count; ++p) {
      for (int v = 0; v < kVectors; ++v) {
        const V value = hn::LoadU(d, values + p * columns + c + v * lanes);
        for (int n = 0; n < N; ++n) sums[n][v] = hn::MulAdd(value, hn::Set(d, weights[n * stride + p]), sums[n][v]);
      }
    }
    float line[kKeyTile];
    for (int n = 0; n < N; ++n) {
      for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[n][v], d, line + v * lanes);
      std::copy_n(line, std::min(kKeyTile, head_dim - c), queries[n].out + c);
    }
  }
}

template <int N>
void attend(const Query* queries, const float* keys, const float* values, int64_t head_dim,
            std::vector<float>& scratch) {
  int64_t most = 0;
  for (int n = 0; n < N; ++n) most = std::max(most, queries[n].count);
  const int64_t tiles = (most + kKeyTile - 1) / kKeyTile, stride = tiles * kKeyTile;
  if (static_cast<int64_t>(scratch.size()) < N * stride) scratch.resize(static_cast<size_t>(N * stride));
  scores_of<N>(queries, keys, tiles, head_dim, 1.0F / std::sqrt(static_cast<float>(head_dim)), scratch.data(), stride);
  for (int n = 0; n < N; ++n) softmax(scratch.data() + n * stride, queries[n].count, stride);
  values_of<N>(queries, values, most, CacheBlock::value_columns(head_dim), head_dim, scratch.data(), stride);
}

void attend_item(const CachedAttention& a, int64_t kv_head, int64_t first, int64_t count) {
  const int64_t group = a.heads / a.kv_heads, qkv_columns = (a.heads + 2 * a.kv_heads) * a.head_dim;
  Query queries[kQueries];
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = (first + i) / group, head = kv_head * group + (first + i) % group;
    queries[i] = {a.qkv + row * qkv_columns + head * a.head_dim, a.out + (row * a.heads + head) * a.head_dim,
                  a.past + row + 1};
  }
  const float* keys = a.cache.keys + kv_head * a.cache.capacity * a.head_dim;
  const float* values = a.cache.values + kv_head * a.cache.capacity * CacheBlock::value_columns(a.head_dim);
  thread_local std::vector<float> scratch;
  int64_t i = 0;
  for (; i + kQueries <= count; i += kQueries) attend<kQueries>(queries + i, keys, values, a.head_dim, scratch);
  for (; i + 2 <= count; i += 2) attend<2>(queries + i, keys, values, a.head_dim, scratch);
  for (; i < count; ++i) attend<1>(queries + i, keys, values, a.head_dim, scratch);
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::kernels {
namespace {

// (x[i], x[i + half]) turned by the position's angle, as Hugging Face does.
void turn(float* x, const float* cos, const float* sin, int64_t half) {
  for (int64_t i = 0; i < half; ++i) {
    const float a = x[i], b = x[i + half];
    x[i] = a * cos[i] - b * sin[i];
    x[i + half] = b * cos[i] + a * sin[i];
  }
}

int64_t items_of_head(const CachedAttention& a) {
  return (a.rows * (a.heads / a.kv_heads) + CachedAttention::kQueries - 1) / CachedAttention::kQueries;
}

}  // namespace

HWY_EXPORT(attend_item);

void CachedAttention::cpu_store(const CachedAttention& a, int64_t row) {
  const int64_t position = a.past + row, half = a.head_dim / 2, columns = CacheBlock::value_columns(a.head_dim);
  const float *cos = a.cos + position * half, *sin = a.sin + position * half;
  float* q = a.qkv + row * (a.heads + 2 * a.kv_heads) * a.head_dim;
  float *k = q + a.heads * a.head_dim, *v = k + a.kv_heads * a.head_dim;
  for (int64_t h = 0; h < a.heads + a.kv_heads; ++h) turn(q + h * a.head_dim, cos, sin, half);
  for (int64_t h = 0; h < a.kv_heads; ++h) {
    float* keys = a.cache.keys + h * a.cache.capacity * a.head_dim +
                  position / CacheBlock::kTile * CacheBlock::kTile * a.head_dim + position % CacheBlock::kTile;
    for (int64_t i = 0; i < a.head_dim; ++i) keys[i * CacheBlock::kTile] = k[h * a.head_dim + i];
    float* values = a.cache.values + (h * a.cache.capacity + position) * columns;
    std::copy_n(v + h * a.head_dim, a.head_dim, values);
  }
}

int64_t CachedAttention::items() const { return kv_heads * items_of_head(*this); }

void CachedAttention::cpu_item(const CachedAttention& a, int64_t item) {
  const int64_t per_head = items_of_head(a), first = item % per_head * CachedAttention::kQueries;
  const int64_t count = std::min<int64_t>(CachedAttention::kQueries, a.rows * (a.heads / a.kv_heads) - first);
  HWY_DYNAMIC_DISPATCH(attend_item)(a, item / per_head, first, count);
}

}  // namespace persea::kernels
#endif
