// One task is one sequence's key/value head with the query heads that share it. Scores are held transposed,
// [keys][queries]: then the softmax runs down the columns without horizontal sums, and every product finds its operands
// as the micro-kernel wants them. Scratch is per thread and lies in L2.
#include "kernels/attention.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "base/threads.h"
#include "kernels/cpu/targets.h"
#include "tensor/tensor.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/attention.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/vector_math-inl.h"
#include "kernels/cpu/words-inl.h"

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {

constexpr int64_t kTile = 64;  // keys and queries a tile: scores of 16 KiB
constexpr float kMasked = -1e30f;

int64_t round_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

// Which part of a product with scores on the diagonal is not masked away: rows and columns, or depth, count keys and
// queries from the same token on.
enum class Causal {
  none,
  keys_by_queries,  // C[key][query]: nothing where the key comes later than all queries
  up_to_row,        // A[query][key]: the depth ends with the last query
  from_row,         // A[key][query]: the depth begins with the first key
};

// C (+)= A B for a tile in cache, k words deep; columns of B and C are padded to kTileColumns.
template <Word W>
void tile_product(int64_t rows, int64_t columns, int64_t k, const float* a, int64_t a_row, int64_t a_step,
                  const float* b, int64_t b_step, float* c, int64_t ldc, bool add, Causal causal) {
  for (int64_t j = 0; j < columns; j += kTileColumns)
    for (int64_t r = 0; r < rows; r += kTileRows) {
      const int64_t some = std::min(kTileRows, rows - r);
      if (causal == Causal::keys_by_queries && r > j + kTileColumns - 1) break;
      const int64_t begin = causal == Causal::from_row ? r / kPerWord<W> : 0;
      const int64_t end = causal == Causal::up_to_row ? std::min(k, words_of<W>(r + some)) : k;
      micro_kernel_rows<W>(some, end - begin, a + r * a_row + begin * a_step, a_row, a_step, b + begin * b_step + j,
                           b_step, c + r * ldc + j, ldc, add);
    }
}

// What all tiles of one head see of the shapes.
struct Layout {
  int64_t length, padded, width, head_dim;  // tokens, tokens in whole tiles, head_dim in whole micro-tiles
  explicit Layout(const AttentionShape& s)
      : length(s.length),
        padded(round_up(s.length, kTile)),
        width(round_up(s.head_dim, kTileColumns)),
        head_dim(s.head_dim) {}
  int64_t rows_size() const { return padded * width; }        // [padded][width]
  int64_t columns_size() const { return head_dim * padded; }  // [head_dim][padded], of pairs half
};

// y = factor x, turned by the angles of a position (RoPE), or turned back where `direction` is -1. Without cos: not at
// all.
void turn_row(int64_t head_dim, const float* HWY_RESTRICT x, const float* cos, const float* sin, float direction,
              float factor, float* HWY_RESTRICT y) {
  if (!cos) {
    for (int64_t i = 0; i < head_dim; ++i) y[i] = x[i] * factor;
    return;
  }
  const int64_t half = head_dim / 2;
  const auto step = [&](auto d, int64_t i) HWY_ATTR {
    const auto scale = hn::Set(d, factor);
    const auto a = hn::Mul(hn::LoadU(d, x + i), scale), b = hn::Mul(hn::LoadU(d, x + half + i), scale);
    const auto c = hn::LoadU(d, cos + i), s = hn::Mul(hn::LoadU(d, sin + i), hn::Set(d, direction));
    hn::StoreU(hn::NegMulAdd(b, s, hn::Mul(a, c)), d, y + i);
    hn::StoreU(hn::MulAdd(a, s, hn::Mul(b, c)), d, y + half + i);
  };
  int64_t i = 0;
  for (; i + kLanes <= half; i += kLanes) step(F32(), i);
  for (; i < half; ++i) step(One(), i);
}

// One head's rows of `in` (stride apart) into [padded][width], turned where cos is given, times `factor`.
void load_rows(const Layout& l, const float* in, int64_t stride, const int32_t* positions, const float* cos,
               const float* sin, float factor, float* out) {
  for (int64_t t = 0; t < l.length; ++t) {
    const int64_t at = cos ? positions[t] * (l.head_dim / 2) : 0;
    turn_row(l.head_dim, in + t * stride, cos ? cos + at : nullptr, sin + at, 1, factor, out + t * l.width);
    std::fill(out + t * l.width + l.head_dim, out + (t + 1) * l.width, 0.0f);
  }
  std::fill(out + l.length * l.width, out + l.rows_size(), 0.0f);
}

// The reverse of load_rows: gradients turned back.
void store_rows(const Layout& l, const float* in, const int32_t* positions, const float* cos, const float* sin,
                float factor, float* out, int64_t stride) {
  for (int64_t t = 0; t < l.length; ++t) {
    const int64_t at = cos ? positions[t] * (l.head_dim / 2) : 0;
    turn_row(l.head_dim, in + t * l.width, cos ? cos + at : nullptr, sin + at, -1, factor, out + t * stride);
  }
}

float dot(int64_t count, const float* x, const float* y) {
  const F32 d;
  auto sums = hn::Zero(d);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) sums = hn::MulAdd(hn::LoadU(d, x + i), hn::LoadU(d, y + i), sums);
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (; i < count; ++i) sum += x[i] * y[i];
  return sum;
}

template <Word W>
void to_columns(const Layout& l, const float* rows, float* columns) {
  transpose_words<W>(rows, l.width, l.padded, l.head_dim, columns, l.padded);
}

// Rows become words that follow one another in a product over tokens, in place: the tile from token t on then begins at
// word_row(t).
template <Word W>
void to_words(const Layout& l, float* rows) {
  if constexpr (W != Word::f32) pair_across(rows, l.padded, l.width, rows);
}
template <Word W>
int64_t word_row(const Layout& l, int64_t token) {
  return token / kPerWord<W> * l.width;
}

// Which keys a tile of queries sees.
struct Window {
  int64_t first_start, last_start;
  Window(const int32_t* starts, int64_t q0, int64_t queries) {
    const auto [low, high] = std::minmax_element(starts + q0, starts + q0 + queries);
    first_start = *low;
    last_start = *high;
  }
  bool empty(int64_t k0, int64_t keys) const { return k0 + keys <= first_start; }
  bool whole(int64_t k0, int64_t keys, int64_t q0) const { return k0 + keys - 1 <= q0 && k0 >= last_start; }
};

// Scores of keys that the query must not see become kMasked.
void mask_tile(int64_t k0, int64_t keys, int64_t q0, const int32_t* starts, float* scores) {
  const F32 d;
  const hn::RebindToSigned<F32> di;
  for (int64_t q = 0; q < kTile; q += kLanes) {
    const auto query = hn::Add(hn::Iota(di, 0), hn::Set(di, static_cast<int32_t>(q0 + q)));
    const auto start = hn::LoadU(di, starts + q0 + q);
    for (int64_t k = 0; k < keys; ++k) {
      const auto key = hn::Set(di, static_cast<int32_t>(k0 + k));
      const auto hidden = hn::Or(hn::Gt(key, query), hn::Gt(start, key));
      float* s = scores + k * kTile + q;
      hn::StoreU(hn::IfThenElse(hn::RebindMask(d, hidden), hn::Set(d, kMasked), hn::LoadU(d, s)), d, s);
    }
  }
}

// One tile's online softmax: scores become weights relative to the new maximum; `rescale` is what earlier sums shrink
// by.
void softmax_tile(int64_t keys, float* scores, float* maximum, float* sum, float* rescale) {
  const F32 d;
  for (int64_t q = 0; q < kTile; q += kLanes) {
    const auto old = hn::Load(d, maximum + q);
    auto high = old;
    for (int64_t k = 0; k < keys; ++k) high = hn::Max(high, hn::LoadU(d, scores + k * kTile + q));
    auto total = hn::Zero(d);
    for (int64_t k = 0; k < keys; ++k) {
      const auto weight = exp_fast(d, hn::Sub(hn::LoadU(d, scores + k * kTile + q), high));
      hn::StoreU(weight, d, scores + k * kTile + q);
      total = hn::Add(total, weight);
    }
    const auto factor = exp_fast(d, hn::Sub(old, high));
    hn::Store(factor, d, rescale + q);
    hn::Store(high, d, maximum + q);
    hn::Store(hn::MulAdd(hn::Load(d, sum + q), factor, total), d, sum + q);
  }
}

void scale_row(int64_t count, float factor, float* row) {
  const F32 d;
  for (int64_t i = 0; i < count; i += kLanes)
    hn::StoreU(hn::Mul(hn::LoadU(d, row + i), hn::Set(d, factor)), d, row + i);
}

template <Word W>
void attend(const Attention& a, int64_t sequence, int64_t kv_head, float* scratch) {
  const AttentionShape& s = a.shape;
  const Layout l(s);
  const int64_t stride = s.qkv_columns(), group = s.heads / s.kv_heads;
  const float* qkv = a.qkv.f32() + sequence * s.length * stride;
  const int32_t* positions = a.positions + sequence * s.length;
  float* rows = scratch;
  float* key_columns = rows + l.rows_size();
  float* values = key_columns + l.columns_size();
  float* query_columns = values + l.rows_size();
  float* output = query_columns + l.columns_size();  // [kTile][width]
  int32_t* starts = reinterpret_cast<int32_t*>(output + kTile * l.width);
  std::copy_n(a.starts + sequence * s.length, s.length, starts);
  std::fill(starts + s.length, starts + l.padded, 0);
  HWY_ALIGN float scores[kTile * kTile];
  HWY_ALIGN float maximum[kTile], sum[kTile], rescale[kTile];

  load_rows(l, qkv + (s.heads + kv_head) * s.head_dim, stride, positions, a.cos, a.sin, 1, rows);
  to_columns<W>(l, rows, key_columns);
  load_rows(l, qkv + (s.heads + s.kv_heads + kv_head) * s.head_dim, stride, positions, nullptr, nullptr, 1, values);
  to_words<W>(l, values);
  for (int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
    load_rows(l, qkv + head * s.head_dim, stride, positions, a.cos, a.sin,
              1.0f / std::sqrt(static_cast<float>(s.head_dim)), rows);
    to_columns<W>(l, rows, query_columns);
    for (int64_t q0 = 0; q0 < s.length; q0 += kTile) {
      const int64_t queries = std::min(kTile, s.length - q0);
      const Window window(starts, q0, queries);
      std::fill_n(maximum, kTile, kMasked);
      std::fill_n(sum, kTile, 0.0f);
      bool first = true;
      for (int64_t k0 = 0; k0 < q0 + queries; k0 += kTile) {
        const int64_t keys = std::min(kTile, s.length - k0);
        if (window.empty(k0, keys)) continue;
        const bool diagonal = k0 == q0;
        tile_product<W>(keys, kTile, words_of<W>(s.head_dim), key_columns + k0, 1, l.padded, query_columns + q0,
                        l.padded, scores, kTile, false, diagonal ? Causal::keys_by_queries : Causal::none);
        if (!window.whole(k0, keys, q0)) mask_tile(k0, keys, q0, starts, scores);
        softmax_tile(keys, scores, maximum, sum, rescale);
        if (!first)
          for (int64_t q = 0; q < queries; ++q)
            if (rescale[q] != 1) scale_row(l.width, rescale[q], output + q * l.width);
        if constexpr (W != Word::f32) pair_across(scores, keys, kTile, scores);
        tile_product<W>(queries, l.width, words_of<W>(keys), scores, 1, kTile, values + word_row<W>(l, k0), l.width,
                        output, l.width, !first, diagonal ? Causal::up_to_row : Causal::none);
        first = false;
      }
      for (int64_t q = 0; q < queries; ++q) {
        const float factor = 1 / sum[q];
        float* out = a.out.f32() + ((sequence * s.length + q0 + q) * s.heads + head) * s.head_dim;
        for (int64_t i = 0; i < s.head_dim; ++i) out[i] = output[q * l.width + i] * factor;
        if (a.lse) a.lse[(sequence * s.heads + head) * s.length + q0 + q] = maximum[q] + std::log(sum[q]);
      }
    }
  }
}

// weights = exp(scores - lse), dscores = weights * (dweights - delta), column by column.
void softmax_backward_tile(int64_t keys, const float* lse, const float* delta, float* scores, float* dscores) {
  const F32 d;
  for (int64_t q = 0; q < kTile; q += kLanes) {
    const auto l = hn::LoadU(d, lse + q), e = hn::LoadU(d, delta + q);
    for (int64_t k = 0; k < keys; ++k) {
      const int64_t i = k * kTile + q;
      const auto weight = exp_fast(d, hn::Sub(hn::LoadU(d, scores + i), l));
      hn::StoreU(weight, d, scores + i);
      hn::StoreU(hn::Mul(weight, hn::Sub(hn::LoadU(d, dscores + i), e)), d, dscores + i);
    }
  }
}

template <Word W>
void attend_backward(const AttentionBackward& b, int64_t sequence, int64_t kv_head, float* scratch) {
  const Attention& a = b.forward;
  const AttentionShape& s = a.shape;
  const Layout l(s);
  const int64_t stride = s.qkv_columns(), group = s.heads / s.kv_heads, out_stride = s.heads * s.head_dim;
  const float* qkv = a.qkv.f32() + sequence * s.length * stride;
  float* dqkv = b.dqkv.f32() + sequence * s.length * stride;
  const int32_t* positions = a.positions + sequence * s.length;
  const float scale = 1.0f / std::sqrt(static_cast<float>(s.head_dim));

  float* next = scratch;
  auto take = [&next](int64_t count) { return std::exchange(next, next + count); };
  float *keys_rows = take(l.rows_size()), *key_columns = take(l.columns_size()),
        *value_columns = take(l.columns_size());
  float *query_rows = take(l.rows_size()), *query_columns = take(l.columns_size());
  float *dout_rows = take(l.rows_size()), *dout_columns = take(l.columns_size());
  float *dkeys = take(l.rows_size()), *dvalues = take(l.rows_size()), *dqueries = take(l.rows_size());
  float *lse = take(l.padded), *delta = take(l.padded);
  int32_t* starts = reinterpret_cast<int32_t*>(take(l.padded));
  std::copy_n(a.starts + sequence * s.length, s.length, starts);
  std::fill(starts + s.length, starts + l.padded, 0);
  HWY_ALIGN float scores[kTile * kTile];
  HWY_ALIGN float dscores[kTile * kTile];
  HWY_ALIGN float pairs[W == Word::f32 ? 1 : kTile * kTile / 2];  // dscores' words down the keys

  load_rows(l, qkv + (s.heads + s.kv_heads + kv_head) * s.head_dim, stride, positions, nullptr, nullptr, 1, keys_rows);
  to_columns<W>(l, keys_rows, value_columns);
  load_rows(l, qkv + (s.heads + kv_head) * s.head_dim, stride, positions, a.cos, a.sin, 1, keys_rows);
  to_columns<W>(l, keys_rows, key_columns);
  to_words<W>(l, keys_rows);
  std::fill_n(dkeys, l.rows_size(), 0.0f);
  std::fill_n(dvalues, l.rows_size(), 0.0f);

  for (int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
    const int64_t at = sequence * s.length * out_stride + head * s.head_dim;
    load_rows(l, qkv + head * s.head_dim, stride, positions, a.cos, a.sin, scale, query_rows);
    to_columns<W>(l, query_rows, query_columns);
    to_words<W>(l, query_rows);
    load_rows(l, b.dout.f32() + at, out_stride, positions, nullptr, nullptr, 1, dout_rows);
    to_columns<W>(l, dout_rows, dout_columns);
    std::fill_n(dqueries, l.rows_size(), 0.0f);
    std::copy_n(a.lse + (sequence * s.heads + head) * s.length, s.length, lse);
    std::fill(lse + s.length, lse + l.padded, 0.0f);
    for (int64_t t = 0; t < s.length; ++t)
      delta[t] = dot(s.head_dim, a.out.f32() + at + t * out_stride, dout_rows + t * l.width);
    std::fill(delta + s.length, delta + l.padded, 0.0f);
    to_words<W>(l, dout_rows);
    for (int64_t q0 = 0; q0 < s.length; q0 += kTile) {
      const int64_t queries = std::min(kTile, s.length - q0);
      const Window window(starts, q0, queries);
      for (int64_t k0 = 0; k0 < q0 + queries; k0 += kTile) {
        const int64_t keys = std::min(kTile, s.length - k0);
        if (window.empty(k0, keys)) continue;
        const bool diagonal = k0 == q0;
        const Causal both = diagonal ? Causal::keys_by_queries : Causal::none,
                     up_to_row = diagonal ? Causal::up_to_row : Causal::none,
                     from_row = diagonal ? Causal::from_row : Causal::none;
        tile_product<W>(keys, kTile, words_of<W>(s.head_dim), key_columns + k0, 1, l.padded, query_columns + q0,
                        l.padded, scores, kTile, false, both);
        if (!window.whole(k0, keys, q0)) mask_tile(k0, keys, q0, starts, scores);
        tile_product<W>(keys, kTile, words_of<W>(s.head_dim), value_columns + k0, 1, l.padded, dout_columns + q0,
                        l.padded, dscores, kTile, false, both);
        softmax_backward_tile(keys, lse + q0, delta + q0, scores, dscores);
        const float* dscores_down = dscores;
        if constexpr (W != Word::f32) {
          pair_across(dscores, keys, kTile, pairs);
          dscores_down = pairs;
          for (int64_t k = 0; k < keys; ++k) {
            pair_along(scores + k * kTile, kTile, scores + k * kTile);
            pair_along(dscores + k * kTile, kTile, dscores + k * kTile);
          }
        }
        tile_product<W>(keys, l.width, words_of<W>(queries), scores, kTile, 1, dout_rows + word_row<W>(l, q0), l.width,
                        dvalues + k0 * l.width, l.width, true, from_row);
        tile_product<W>(keys, l.width, words_of<W>(queries), dscores, kTile, 1, query_rows + word_row<W>(l, q0),
                        l.width, dkeys + k0 * l.width, l.width, true, from_row);
        tile_product<W>(queries, l.width, words_of<W>(keys), dscores_down, 1, kTile, keys_rows + word_row<W>(l, k0),
                        l.width, dqueries + q0 * l.width, l.width, true, up_to_row);
      }
    }
    store_rows(l, dqueries, positions, a.cos, a.sin, scale, dqkv + head * s.head_dim, stride);
  }
  store_rows(l, dkeys, positions, a.cos, a.sin, 1, dqkv + (s.heads + kv_head) * s.head_dim, stride);
  store_rows(l, dvalues, positions, nullptr, nullptr, 1, dqkv + (s.heads + s.kv_heads + kv_head) * s.head_dim, stride);
}

template <class Task>
void each_head(const AttentionShape& s, int64_t scratch_floats, const Task& task) {
  const int64_t floats = round_up(scratch_floats, 1024) + 256;  // no two threads' scratch a multiple of 4 KiB apart
  Tensor scratch({pool().threads() * floats});
  float* const base = scratch.data();
  std::atomic<int64_t> next{0};
  pool().run([&](int thread) {
    for (int64_t i = next++; i < s.sequences * s.kv_heads; i = next++)
      task(i / s.kv_heads, i % s.kv_heads, base + thread * floats);
  });
}

void attention(const Attention& a) {
  const Layout l(a.shape);
  with_words(a.precision, [&](auto word) {
    each_head(a.shape, 2 * l.rows_size() + 2 * l.columns_size() + kTile * l.width + l.padded,
              [&](int64_t sequence, int64_t kv_head, float* scratch) { attend<word>(a, sequence, kv_head, scratch); });
  });
}

void attention_backward(const AttentionBackward& b) {
  const Layout l(b.forward.shape);
  with_words(b.forward.precision, [&](auto word) {
    each_head(b.forward.shape, 6 * l.rows_size() + 4 * l.columns_size() + 3 * l.padded,
              [&](int64_t sequence, int64_t kv_head, float* scratch) {
                attend_backward<word>(b, sequence, kv_head, scratch);
              });
  });
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::kernels {
HWY_EXPORT(attention);
HWY_EXPORT(attention_backward);

void Attention::cpu(const Attention& a) { HWY_DYNAMIC_DISPATCH(attention)(a); }
void AttentionBackward::cpu(const AttentionBackward& b) { HWY_DYNAMIC_DISPATCH(attention_backward)(b); }

}  // namespace persea::kernels
#endif
