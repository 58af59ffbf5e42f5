// Blocking: B is packed for all threads into panels of kTileColumns columns; each thread then takes blocks of rows of
// C, whose A stays in its L2 while it walks the panels. A of f32 in rows is read in place, any other is packed by the
// block.
#include "kernels/gemm.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <stdexcept>

#include "base/threads.h"
#include "kernels/cpu/targets.h"
#include "tensor/tensor.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/gemm.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/words-inl.h"

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {

// Depths are counted in words from here on: elements of f32, pairs of bf16.
constexpr int64_t kDepth = 768;            // words before C is written: panel and block together fit in 1 MiB of L2
constexpr int64_t kPackedWords = 4 << 20;  // of B at once: 16 MiB lie in L3
constexpr int64_t kBlockRows = 64;

// One panel of B from a matrix whose columns lie contiguous: columns [j, j + columns), zero beyond, as k words of
// kTileColumns.
template <Word W>
void pack_panel_from_columns(const Gemm& g, int64_t k0, int64_t k, int64_t j, int64_t columns, float* out) {
  const int64_t first = k0 * kPerWord<W>, count = std::min(k * kPerWord<W>, g.k - first);
  transpose_words<W>(g.b.data.f32() + first + j * g.b.column_stride, g.b.column_stride, columns, count, out,
                     kTileColumns);
  for (int64_t p = 0; columns < kTileColumns && p < k; ++p)
    std::fill(out + p * kTileColumns + columns, out + (p + 1) * kTileColumns, 0.0f);
}

// Words [p0, p1) of all panels at once from a matrix whose rows lie contiguous, so that each row is read in one go. `k`
// is the number of words in a panel; `in` is where the panels begin.
template <Word W>
void pack_panels_from_rows(const Gemm& g, int64_t k0, int64_t p0, int64_t p1, int64_t k, int64_t column,
                           int64_t columns, float* out) {
  const F32 d;
  const int64_t whole = columns / kTileColumns * kTileColumns, stride = g.b.row_stride;
  for (int64_t p = p0; p < p1; ++p) {
    const int64_t first = (k0 + p) * kPerWord<W>;
    const bool last = first + 1 == g.k;
    const float* row = g.b.data.f32() + first * stride + column;
    float* to = out + p * kTileColumns;
    for (int64_t j = 0; j < whole; j += kTileColumns) {
      hn::StoreU(load_across<W>(d, row + j, stride, last), d, to + j * k);
      hn::StoreU(load_across<W>(d, row + j + kLanes, stride, last), d, to + j * k + kLanes);
    }
    if (whole < columns)
      for (int64_t c = 0; c < kTileColumns; ++c)
        hn::StoreU(whole + c < columns ? load_across<W>(One(), row + whole + c, stride, last) : hn::Zero(One()), One(),
                   to + whole * k + c);
  }
}

struct Block {
  int64_t row, rows, k0, k, column, columns;
};

// Where the micro-kernel finds A's words of a block.
struct BlockRows {
  const float* data;
  bool grouped;        // kTileRows rows together, word by word; else one row after another
  int64_t row_stride;  // of rows one after another
};

// A transposed: columns of the block become groups of kTileRows words a step, so that the micro-kernel reads them in
// order.
template <Word W>
void pack_columns_of_a(const Gemm& g, const Block& b, float* out) {
  const hn::CappedTag<float, kTileRows == 8 ? 8 : 2> d;
  const int64_t lanes = hn::MaxLanes(d), whole = b.rows / kTileRows * kTileRows, rest = b.rows - whole;
  const int64_t stride = g.a.column_stride;
  constexpr int64_t kAhead = 8, kLineFloats = 16;
  for (int64_t p = 0; p < b.k; ++p) {
    const int64_t first = (b.k0 + p) * kPerWord<W>;
    const bool last = first + 1 == g.k;
    const float* in = g.a.data.f32() + b.row + first * stride;
    if (p + kAhead < b.k)  // these rows lie pages apart: no prefetcher of the processor's follows
      for (int64_t e = 0; e < kPerWord<W>; ++e)
        for (int64_t r = 0; r < b.rows; r += kLineFloats) hwy::Prefetch(in + (kAhead * kPerWord<W> + e) * stride + r);
    for (int64_t r = 0; r < whole; r += kTileRows)
      for (int64_t c = 0; c < kTileRows; c += lanes)
        hn::StoreU(load_across<W>(d, in + r + c, stride, last), d, out + r * b.k + p * kTileRows + c);
    for (int64_t c = 0; c < rest; ++c)
      hn::StoreU(load_across<W>(One(), in + whole + c, stride, last), One(), out + whole * b.k + p * rest + c);
  }
}

template <Word W>
BlockRows block_of_a(const Gemm& g, const Block& b, float* packed) {
  if (g.a.column_stride != 1) {
    pack_columns_of_a<W>(g, b, packed);
    return {packed, true, 0};
  }
  const float* in = g.a.data.f32() + b.row * g.a.row_stride + b.k0 * kPerWord<W>;
  if constexpr (W == Word::f32) return {in, false, g.a.row_stride};
  for (int64_t r = 0; r < b.rows; ++r)
    pair_along(in + r * g.a.row_stride, std::min(2 * b.k, g.k - 2 * b.k0), packed + r * b.k);
  return {packed, false, b.k};
}

template <Word W>
void multiply_block(const Gemm& g, const Block& block, const float* packed_b, float* packed_a, bool add) {
  const BlockRows from = block_of_a<W>(g, block, packed_a);
  for (int64_t j = 0; j < block.columns; j += kTileColumns) {
    const float* panel = packed_b + j * block.k;
    const int64_t columns = std::min(kTileColumns, block.columns - j);
    for (int64_t r = 0; r < block.rows; r += kTileRows) {
      const int64_t rows = std::min(kTileRows, block.rows - r);
      const float* a = from.data + r * (from.grouped ? block.k : from.row_stride);
      const int64_t a_row = from.grouped ? 1 : from.row_stride, a_step = from.grouped ? rows : 1;
      float* c = g.c.f32() + (block.row + r) * g.ldc + block.column + j;
      if (columns == kTileColumns) {
        // The groups of rows together fetch the next panel: the first group would wait for it.
        const bool last = j + kTileColumns >= block.columns;
        const float* ahead = last ? nullptr : panel + block.k * (kTileColumns + r / kTileRows * kAheadWords);
        micro_kernel_rows<W>(rows, block.k, a, a_row, a_step, panel, kTileColumns, c, g.ldc, add, ahead);
      } else {
        float tile[kTileRows * kTileColumns];
        micro_kernel_rows<W>(rows, block.k, a, a_row, a_step, panel, kTileColumns, tile, kTileColumns, false);
        for (int64_t x = 0; x < rows; ++x)
          for (int64_t y = 0; y < columns; ++y)
            c[x * g.ldc + y] = tile[x * kTileColumns + y] + (add ? c[x * g.ldc + y] : 0.0f);
      }
    }
  }
}

// Columns [column, column + columns) of B, all of the depth, into `out`: pieces of the depth one after another, each a
// row of panels. The threads share the work.
template <Word W>
void pack_b(const Gemm& g, int64_t words, int64_t depth, int64_t column, int64_t columns, float* out) {
  const int64_t panels = (columns + kTileColumns - 1) / kTileColumns, stride = panels * kTileColumns;
  if (g.b.column_stride == 1) {
    constexpr int64_t kRows = 32;
    pool().parallel_for((words + kRows - 1) / kRows, [&](int64_t i) {
      for (int64_t p = i * kRows, last = std::min(words, p + kRows); p < last;) {  // may straddle two pieces
        const int64_t k0 = p / depth * depth, k = std::min(depth, words - k0), end = std::min(last, k0 + k);
        pack_panels_from_rows<W>(g, k0, p - k0, end - k0, k, column, columns, out + stride * k0);
        p = end;
      }
    });
  } else {
    pool().parallel_for(panels * ((words + depth - 1) / depth), [&](int64_t i) {
      const int64_t k0 = i / panels * depth, k = std::min(depth, words - k0), j = i % panels * kTileColumns;
      pack_panel_from_columns<W>(g, k0, k, column + j, std::min(kTileColumns, columns - j), out + stride * k0 + j * k);
    });
  }
}

template <Word W>
void multiply(const Gemm& g) {
  const int threads = pool().threads();
  const int64_t words = words_of<W>(g.k);
  // Depth in equal pieces, columns in chunks that fit, rows in blocks whose number the threads divide.
  const int64_t pieces = std::max<int64_t>(1, (words + kDepth - 1) / kDepth);
  const int64_t depth = std::max<int64_t>(1, (words + pieces - 1) / pieces);
  const int64_t chunk = std::max<int64_t>(1, kPackedWords / std::max<int64_t>(1, words) / kTileColumns) * kTileColumns;
  const int64_t groups = threads * ((g.m + threads * kBlockRows - 1) / (threads * kBlockRows));
  const int64_t block_rows = std::max(kTileRows, ((g.m + groups - 1) / groups + kTileRows - 1) / kTileRows * kTileRows);
  const int64_t blocks = (g.m + block_rows - 1) / block_rows;
  const int64_t padded = (std::min(chunk, g.n) + kTileColumns - 1) / kTileColumns * kTileColumns;

  const bool pack_a = W != Word::f32 || g.a.column_stride != 1;
  Tensor packed_b({padded * std::max<int64_t>(1, words)});
  Tensor packed_a({pack_a ? threads * block_rows * depth : 0});
  for (int64_t column = 0; column < g.n; column += chunk) {
    const int64_t columns = std::min(chunk, g.n - column);
    const int64_t stride = (columns + kTileColumns - 1) / kTileColumns * kTileColumns;
    pack_b<W>(g, words, depth, column, columns, packed_b.data());
    std::atomic<int64_t> next{0};
    pool().run([&](int thread) {
      float* const own_a = packed_a.data() + (pack_a ? thread * block_rows * depth : 0);
      for (int64_t i = next++; i < blocks; i = next++) {
        const int64_t row = i * block_rows, rows = std::min(block_rows, g.m - row);
        if (column == 0 && g.before) g.before(row, row + rows);
        for (int64_t k0 = 0; k0 < std::max<int64_t>(1, words); k0 += depth)
          multiply_block<W>(g, {row, rows, k0, std::min(depth, words - k0), column, columns},
                            packed_b.data() + stride * k0, own_a, g.accumulate || k0 > 0);
        if (column + columns == g.n && g.after) g.after(row, row + rows);
      }
    });
  }
}

void gemm(const Gemm& g) {
  with_words(g.precision, [&](auto word) { multiply<word>(g); });
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::kernels {
HWY_EXPORT(gemm);

void Gemm::cpu(const Gemm& g) {
  if ((g.a.row_stride != 1 && g.a.column_stride != 1) || (g.b.row_stride != 1 && g.b.column_stride != 1))
    throw std::logic_error("gemm: a matrix needs a stride of 1");
  if (g.m <= 0 || g.n <= 0) return;
  if (!g.addend) return HWY_DYNAMIC_DISPATCH(gemm)(g);
  if (g.ldc != g.n) throw std::logic_error("gemm: an addend goes with rows without gaps");
  Gemm sum = g;  // what is added lies in C before a thread comes to its rows
  sum.accumulate = true;
  sum.before = [&g](int64_t begin, int64_t end) {
    if (g.before) g.before(begin, end);
    std::memcpy(g.c.f32() + begin * g.n, g.addend.f32() + begin * g.n,
                static_cast<size_t>((end - begin) * g.n) * sizeof(float));
  };
  HWY_DYNAMIC_DISPATCH(gemm)(sum);
}

}  // namespace persea::kernels
#endif
