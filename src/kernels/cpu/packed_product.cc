#include "kernels/packed_product.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

#include "base/threads.h"
#include "kernels/cpu/quantized_rows.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/packed_product.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int64_t kPanel = PackedWeights::kRows, kBlock = PackedWeights::kBlock, kGroup = QuantizedRows::kGroup;
using F = hn::CappedTag<float, kPanel / 2>;
using I = hn::RebindToSigned<F>;
constexpr int64_t kLanes = hn::MaxLanes(F());
// A tile of y: up to kTileRows rows and two vectors of columns, which leaves registers for integer and float sums both.
constexpr int64_t kTileRows = HWY_TARGET == HWY_AVX3 ? 6 : 2;
// How far ahead weights are fetched into L2, where the processor's own prefetching goes on from: further ahead it is
// disturbed, and into L1 would be too many at once for what that can have under way.
constexpr int64_t kAheadBytes = 1024;
// Whether this instruction set may have one that multiplies bytes and adds up fours of them.
constexpr bool kMayBeNative = HWY_TARGET == HWY_AVX3;

// sum += the products of a word's four bytes, weights unsigned, x signed.
template <bool kNative>
HWY_INLINE hn::Vec<I> multiply_bytes(hn::Vec<I> weights, hn::Vec<I> x, hn::Vec<I> sum) {
#if HWY_TARGET == HWY_AVX3
  if constexpr (kNative) {  // no intrinsic: this target's flags lack the extension
    asm("vpdpbusd %[x], %[w], %[sum]" : [sum] "+v"(sum.raw) : [w] "v"(weights.raw), [x] "v"(x.raw));
    return sum;
  }
#endif
  const I d;
  const hn::Repartition<int16_t, I> d16;
  const hn::Repartition<uint16_t, I> du16;
  const auto w = hn::BitCast(du16, weights);
  const auto x16 = hn::BitCast(d16, x);
  const auto add_pairs = [&](auto ws, auto xs) HWY_ATTR {
    auto odd = hn::Zero(d);
    const auto even = hn::ReorderWidenMulAccumulate(d, hn::BitCast(d16, ws), xs, hn::Zero(d), odd);
    sum = hn::Add(sum, hn::RearrangeToOddPlusEven(even, odd));
  };
  add_pairs(hn::And(w, hn::Set(du16, uint16_t{0xff})), hn::ShiftRight<8>(hn::ShiftLeft<8>(x16)));
  add_pairs(hn::ShiftRight<8>(w), hn::ShiftRight<8>(x16));
  return sum;
}

HWY_INLINE hn::Vec<F> load_halves(const std::byte* at) {
  const hn::Rebind<hwy::float16_t, F> d16;
  return hn::PromoteTo(F(), hn::LoadU(d16, reinterpret_cast<const hwy::float16_t*>(at)));
}

HWY_INLINE hn::Vec<I> load_words(const std::byte* at) { return hn::LoadU(I(), reinterpret_cast<const int32_t*>(at)); }

// Writes or adds a vector of a row's columns, of which only `count` may exist.
HWY_INLINE void put(hn::Vec<F> sums, bool add, int64_t count, float* y) {
  const F d;
  if (count >= kLanes) {
    hn::StoreU(add ? hn::Add(sums, hn::LoadU(d, y)) : sums, d, y);
    return;
  }
  float lanes[kLanes];
  hn::StoreU(sums, d, lanes);
  for (int64_t i = 0; i < count; ++i) y[i] = add ? y[i] + lanes[i] : lanes[i];
}

// Rows [row, row + R) and two vectors of columns from `column` on. Unrolled, as every loop over a tile's sums: an index
// that is not known when it is compiled keeps them in memory, where each step then stores them.
template <int R>
HWY_INLINE void put_tile(const PackedProduct& p, int64_t row, int64_t column, const hn::Vec<F> (&sums)[R][2]) {
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < 2; ++v) {
      const int64_t at = column + v * kLanes;
      if (at < p.weights.n) put(sums[r][v], p.accumulate, p.weights.n - at, p.y + (row + r) * p.weights.n + at);
    }
}

// R rows of x from `row` on against the panel's columns [column, column + 2 kLanes). A block's sum is multiplied by its
// weights' scales; x's scale waits for the group's sum, as multiplications for scales take the place of products.
template <int R, WeightType kType, bool kNative>
HWY_INLINE void quantized_tile(const PackedProduct& p, const QuantizedRows& x, int64_t row, const std::byte* panel,
                               int64_t first_column, int64_t column) {
  constexpr int kWords = kType == WeightType::q8 ? 8 : 4;
  constexpr int64_t kUnit = kPanel * (2 + kWords * 4);
  const F d;
  const I di;
  const int64_t blocks = x.k / kBlock;
  hn::Vec<F> sums[R][2];
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r) sums[r][0] = sums[r][1] = hn::Zero(d);
  const int8_t* values = x.values + row * x.k;
  const int64_t groups = x.groups();
  const float* scales = x.scales + row * groups;
  const int32_t* starts = x.starts + row * blocks;
  // One tile fetches what it reads soon. Of several, each fetches its part of the next panel: memory is read while they
  // multiply.
  const int64_t tiles = (p.m + kTileRows - 1) / kTileRows, lines = (kUnit / 64 + tiles - 1) / tiles;
  const std::byte* ahead = panel + (tiles == 1 ? kAheadBytes : blocks * (kUnit + row / kTileRows * lines * 64));
  for (int64_t g = 0; g < groups; ++g) {
    hn::Vec<F> group0[R], group1[R];
#pragma GCC unroll 6
    for (int r = 0; r < R; ++r) group0[r] = group1[r] = hn::Zero(d);
    const int64_t end = std::min(blocks, (g + 1) * kGroup);
    for (int64_t b = g * kGroup; b < end; ++b, panel += kUnit, values += kBlock) {
      for (int64_t line = 0; line < lines; ++line, ahead += 64) __builtin_prefetch(ahead, 0, 2);
      hn::Vec<I> dots0[R], dots1[R];
#pragma GCC unroll 6
      for (int r = 0; r < R; ++r) dots0[r] = dots1[r] = hn::Set(di, starts[r * blocks + b]);
      const std::byte* words = panel + kPanel * 2 + column * 4;
      const auto step = [&](int word, hn::Vec<I> w0, hn::Vec<I> w1) HWY_ATTR {
#pragma GCC unroll 6
        for (int r = 0; r < R; ++r) {
          int32_t bytes;
          std::memcpy(&bytes, values + r * x.k + word * 4, sizeof bytes);
          const auto xs = hn::Set(di, bytes);
          dots0[r] = multiply_bytes<kNative>(w0, xs, dots0[r]);
          dots1[r] = multiply_bytes<kNative>(w1, xs, dots1[r]);
        }
      };
#pragma GCC unroll 8
      for (int word = 0; word < kWords; ++word, words += kPanel * 4) {
        const auto w0 = load_words(words), w1 = load_words(words + kLanes * 4);
        if constexpr (kType == WeightType::q8) {
          step(word, w0, w1);
        } else {
          const auto low = hn::Set(di, 0x0f0f0f0f);
          step(word, hn::And(w0, low), hn::And(w1, low));
          step(word + kWords, hn::And(hn::ShiftRight<4>(w0), low), hn::And(hn::ShiftRight<4>(w1), low));
        }
      }
      const auto s0 = load_halves(panel + column * 2), s1 = load_halves(panel + (column + kLanes) * 2);
#pragma GCC unroll 6
      for (int r = 0; r < R; ++r) {
        group0[r] = hn::MulAdd(hn::ConvertTo(d, dots0[r]), s0, group0[r]);
        group1[r] = hn::MulAdd(hn::ConvertTo(d, dots1[r]), s1, group1[r]);
      }
    }
#pragma GCC unroll 6
    for (int r = 0; r < R; ++r) {
      const auto xs = hn::Set(d, scales[r * groups + g]);
      sums[r][0] = hn::MulAdd(group0[r], xs, sums[r][0]);
      sums[r][1] = hn::MulAdd(group1[r], xs, sums[r][1]);
    }
  }
  put_tile<R>(p, row, first_column + column, sums);
}

template <WeightType kType>
HWY_INLINE hn::Vec<F> load_numbers(const std::byte* at) {
  const F d;
  if constexpr (kType == WeightType::f32) return hn::LoadU(d, reinterpret_cast<const float*>(at));
  if constexpr (kType == WeightType::f16) return load_halves(at);
  if constexpr (kType == WeightType::bf16) {
    const hn::Rebind<uint16_t, F> d16;
    const auto bits = hn::PromoteTo(hn::RebindToUnsigned<F>(), hn::LoadU(d16, reinterpret_cast<const uint16_t*>(at)));
    return hn::BitCast(d, hn::ShiftLeft<16>(bits));
  }
}

template <int R, WeightType kType>
HWY_INLINE void float_tile(const PackedProduct& p, int64_t row, const std::byte* panel, int64_t first_column,
                           int64_t column) {
  constexpr int64_t kBytes = kType == WeightType::f32 ? 4 : 2;
  const F d;
  const int64_t k = p.weights.k;
  hn::Vec<F> sums[R][2];
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r) sums[r][0] = sums[r][1] = hn::Zero(d);
  const float* x = p.x + row * k;
  const std::byte* w = panel + column * kBytes;
  for (int64_t i = 0; i < k; ++i, w += kPanel * kBytes) {
    __builtin_prefetch(w + kAheadBytes, 0, 2);
    if constexpr (kType == WeightType::f32) __builtin_prefetch(w + kAheadBytes + 64, 0, 2);
    const auto w0 = load_numbers<kType>(w), w1 = load_numbers<kType>(w + kLanes * kBytes);
#pragma GCC unroll 6
    for (int r = 0; r < R; ++r) {
      const auto xs = hn::Set(d, x[r * k + i]);
      sums[r][0] = hn::MulAdd(w0, xs, sums[r][0]);
      sums[r][1] = hn::MulAdd(w1, xs, sums[r][1]);
    }
  }
  put_tile<R>(p, row, first_column + column, sums);
}

// Rows [row, m), as many at once as a tile takes.
template <int R, class Tile>
HWY_INLINE void rows_from(int64_t row, int64_t m, const Tile& tile) {
  for (; row + R <= m; row += R) tile(std::integral_constant<int, R>(), row);
  if constexpr (R > 1) {
    if (row < m) rows_from<R - 1>(row, m, tile);
  }
}

// Each panel is read from memory once, by the first tile, and stays near for the others.
template <class Tile>
HWY_INLINE void panels_of(const PackedProduct& p, int64_t begin, int64_t end, const Tile& tile) {
  for (int64_t panel = begin; panel < end; ++panel) {
    const std::byte* data = p.weights.data + panel * p.weights.panel_bytes();
    rows_from<kTileRows>(0, p.m, [&](auto rows, int64_t row) HWY_ATTR {
      for (int64_t column = 0; column < kPanel; column += 2 * kLanes) tile(rows, row, data, panel * kPanel, column);
    });
  }
}

template <WeightType kType, bool kNative>
void quantized_panels(const PackedProduct& p, const QuantizedRows& x, int64_t begin, int64_t end) {
  panels_of(p, begin, end, [&](auto rows, int64_t row, const std::byte* panel, int64_t first, int64_t column) HWY_ATTR {
    quantized_tile<rows(), kType, kNative>(p, x, row, panel, first, column);
  });
}

template <WeightType kType>
void float_panels(const PackedProduct& p, int64_t begin, int64_t end) {
  panels_of(p, begin, end, [&](auto rows, int64_t row, const std::byte* panel, int64_t first, int64_t column) HWY_ATTR {
    float_tile<rows(), kType>(p, row, panel, first, column);
  });
}

// Panels [begin, end) of y; `x` is for quantized weights alone.
void multiply_panels(const PackedProduct& p, const QuantizedRows& x, bool native, int64_t begin, int64_t end) {
  switch (p.weights.type) {
    case WeightType::f32:
      return float_panels<WeightType::f32>(p, begin, end);
    case WeightType::f16:
      return float_panels<WeightType::f16>(p, begin, end);
    case WeightType::bf16:
      return float_panels<WeightType::bf16>(p, begin, end);
    case WeightType::q8:
      return native ? quantized_panels<WeightType::q8, kMayBeNative>(p, x, begin, end)
                    : quantized_panels<WeightType::q8, false>(p, x, begin, end);
    case WeightType::q4:
      return native ? quantized_panels<WeightType::q4, kMayBeNative>(p, x, begin, end)
                    : quantized_panels<WeightType::q4, false>(p, x, begin, end);
  }
}

// A group's blocks become bytes; the weights' bytes are raised by `raised`.
float quantize_group(const float* x, int64_t blocks, int32_t raised, int8_t* bytes, int32_t* starts) {
  const F d;
  const I di;
  const hn::Rebind<int8_t, F> d8;
  auto high = hn::Zero(d);
  for (int64_t i = 0; i < blocks * kBlock; i += kLanes) high = hn::Max(high, hn::Abs(hn::LoadU(d, x + i)));
  const float top = hn::GetLane(hn::MaxOfLanes(d, high));
  const auto factor = hn::Set(d, top > 0 ? 127 / top : 0.0F);
  for (int64_t b = 0; b < blocks; ++b, x += kBlock, bytes += kBlock) {
    auto sum = hn::Zero(di);
    for (int64_t i = 0; i < kBlock; i += kLanes) {
      const auto level = hn::NearestInt(hn::Mul(hn::LoadU(d, x + i), factor));
      hn::StoreU(hn::DemoteTo(d8, level), d8, bytes + i);
      sum = hn::Add(sum, level);
    }
    starts[b] = -raised * hn::GetLane(hn::SumOfLanes(di, sum));
  }
  return top / 127;
}

void quantize_row(const float* x, int64_t blocks, int32_t raised, int8_t* bytes, float* scales, int32_t* starts) {
  for (int64_t b = 0; b < blocks; b += kGroup)
    *scales++ = quantize_group(x + b * kBlock, std::min(kGroup, blocks - b), raised, bytes + b * kBlock, starts + b);
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::kernels {

HWY_EXPORT(multiply_panels);
HWY_EXPORT(quantize_row);

namespace {

constexpr int64_t kBlock = PackedWeights::kBlock;

bool has_byte_products() {
#if HWY_ARCH_X86
  return __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

// Room for rows as bytes that a thread keeps from one product to the next.
struct QuantizedStore {
  std::vector<int8_t> values;
  std::vector<float> scales;
  std::vector<int32_t> starts;
};

QuantizedRows quantize(const PackedProduct& p, QuantizedStore& store) {
  QuantizedRows rows{p.m, p.weights.k};
  const int64_t blocks = rows.k / kBlock, groups = rows.groups();
  const auto room = [](auto& list, int64_t count) {
    if (static_cast<int64_t>(list.size()) < count) list.resize(static_cast<size_t>(count));
    return list.data();
  };
  int8_t* const values = room(store.values, p.m * rows.k);
  float* const scales = room(store.scales, p.m * groups);
  int32_t* const starts = room(store.starts, p.m * blocks);
  const int32_t raised = p.weights.type == WeightType::q8 ? 128 : 8;
  constexpr int64_t kNumbers = 8192;  // that one thread has rounded before another would be awake
  const int64_t some = std::max<int64_t>(1, kNumbers / rows.k);
  pool().parallel_for((p.m + some - 1) / some, [&](int64_t part) {
    for (int64_t row = part * some; row < std::min(p.m, (part + 1) * some); ++row) HWY_DYNAMIC_DISPATCH(quantize_row)
    (p.x + row * rows.k, blocks, raised, values + row * rows.k, scales + row * groups, starts + row * blocks);
  });
  rows.values = values, rows.scales = scales, rows.starts = starts;
  return rows;
}

// Most panels come in one run for each thread, which is how memory is read fastest; the rest by whoever is free.
int64_t own_panels(const PackedWeights& weights) { return weights.panels() * 3 / 4 / pool().threads(); }

void fetch_share(const PackedWeights& weights, int thread) {
  constexpr int64_t kMost = 262144;  // of a core's cache
  const int64_t own = own_panels(weights) * weights.panel_bytes();
  ThreadPool::read_soon(weights.data + thread * own, std::min(own, kMost));
}

}  // namespace

void PackedProduct::cpu(const PackedProduct& p) {
  const bool quantized = p.weights.type == WeightType::q8 || p.weights.type == WeightType::q4;
  thread_local QuantizedStore store;
  const QuantizedRows x = quantized ? quantize(p, store) : QuantizedRows{};
  const bool native = has_byte_products();
  const auto panels = [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(multiply_panels)(p, x, native, begin, end);
  };
  const int64_t count = p.weights.panels();
  constexpr int64_t kAlone = 262144;  // products that one thread has done before another would be awake
  if (p.m * p.weights.n * p.weights.k <= kAlone) return panels(0, count);
  constexpr int64_t kPartBytes = 32768;
  const int64_t part = std::max<int64_t>(1, kPartBytes / p.weights.panel_bytes());
  const int64_t own = own_panels(p.weights);
  std::atomic<int64_t> next = own * pool().threads();
  pool().run([&](int thread) {
    panels(thread * own, (thread + 1) * own);
    for (int64_t begin; (begin = next.fetch_add(part, std::memory_order_relaxed)) < count;)
      panels(begin, std::min(count, begin + part));
    if (p.next) fetch_share(*p.next, thread);
  });
}

}  // namespace persea::kernels
#endif
