// Blocking: B is packed for all threads into panels of kTileColumns columns; each thread then takes blocks of rows of
// C, whose A stays in its L2 while it walks the panels. A row-major is read in place, A transposed is packed by the
// block.
#include "kernels/gemm.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "base/threads.h"
#include "kernels/cpu/targets.h"
#include "tensor/tensor.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/gemm.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/micro_kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {

constexpr int64_t kDepth = 768;             // products before C is written: panel and block together fit in 1 MiB of L2
constexpr int64_t kPackedFloats = 4 << 20;  // of B at once: 16 MiB lie in L3
constexpr int64_t kBlockRows = 64;

// One panel of B from a matrix whose columns lie contiguous: columns [j, j + columns), zero beyond, as k rows of
// kTileColumns.
void pack_panel_from_columns(const Matrix& b, int64_t k0, int64_t k, int64_t j, int64_t columns, float* out) {
  const float* in = b.data + k0 + j * b.column_stride;
  transpose_block(in, b.column_stride, columns, k, out, kTileColumns);
  for (int64_t p = 0; columns < kTileColumns && p < k; ++p)
    std::fill(out + p * kTileColumns + columns, out + (p + 1) * kTileColumns, 0.0f);
}

// Rows [p0, p1) of all panels at once from a matrix whose rows lie contiguous, so that each row is read in one go. `k`
// is the number of rows in a panel.
void pack_panels_from_rows(const float* in, int64_t stride, int64_t p0, int64_t p1, int64_t k, int64_t columns,
                           float* out) {
  const F32 d;
  const int64_t whole = columns / kTileColumns * kTileColumns;
  for (int64_t p = p0; p < p1; ++p) {
    const float* row = in + p * stride;
    float* to = out + p * kTileColumns;
    for (int64_t j = 0; j < whole; j += kTileColumns) {
      hn::StoreU(hn::LoadU(d, row + j), d, to + j * k);
      hn::StoreU(hn::LoadU(d, row + j + kLanes), d, to + j * k + kLanes);
    }
    if (whole < columns)
      for (int64_t c = 0; c < kTileColumns; ++c) to[whole * k + c] = whole + c < columns ? row[whole + c] : 0.0f;
  }
}

// A transposed: columns of the block become groups of kTileRows values a step, so that the micro-kernel reads them in
// order.
void pack_rows(const Matrix& a, int64_t row, int64_t rows, int64_t k0, int64_t k, float* out) {
  const hn::CappedTag<float, kTileRows == 8 ? 8 : 2> d;
  const int64_t lanes = hn::MaxLanes(d), whole = rows / kTileRows * kTileRows, rest = rows - whole;
  for (int64_t p = 0; p < k; ++p) {
    const float* in = a.data + row + (k0 + p) * a.column_stride;
    for (int64_t r = 0; r < whole; r += kTileRows)
      for (int64_t c = 0; c < kTileRows; c += lanes)
        hn::StoreU(hn::LoadU(d, in + r + c), d, out + r * k + p * kTileRows + c);
    for (int64_t c = 0; c < rest; ++c) out[whole * k + p * rest + c] = in[whole + c];
  }
}

struct Block {
  int64_t row, rows, k0, k, column, columns;
};

void multiply_block(const Gemm& g, const Block& block, const float* packed_b, float* packed_a, bool add) {
  const bool direct = g.a.column_stride == 1;
  if (!direct) pack_rows(g.a, block.row, block.rows, block.k0, block.k, packed_a);
  for (int64_t j = 0; j < block.columns; j += kTileColumns) {
    const float* panel = packed_b + j * block.k;
    const int64_t columns = std::min(kTileColumns, block.columns - j);
    for (int64_t r = 0; r < block.rows; r += kTileRows) {
      const int64_t rows = std::min(kTileRows, block.rows - r);
      const float* a = direct ? g.a.data + (block.row + r) * g.a.row_stride + block.k0 : packed_a + r * block.k;
      const int64_t a_row = direct ? g.a.row_stride : 1, a_step = direct ? 1 : rows;
      float* c = g.c + (block.row + r) * g.ldc + block.column + j;
      if (columns == kTileColumns) {
        if (rows == kTileRows)
          micro_kernel<kTileRows>(block.k, a, a_row, a_step, panel, kTileColumns, c, g.ldc, add);
        else
          micro_kernel_rows(rows, block.k, a, a_row, a_step, panel, kTileColumns, c, g.ldc, add);
      } else {
        float tile[kTileRows * kTileColumns];
        micro_kernel_rows(rows, block.k, a, a_row, a_step, panel, kTileColumns, tile, kTileColumns, false);
        for (int64_t x = 0; x < rows; ++x)
          for (int64_t y = 0; y < columns; ++y)
            c[x * g.ldc + y] = tile[x * kTileColumns + y] + (add ? c[x * g.ldc + y] : 0.0f);
      }
    }
  }
}

// Columns [column, column + columns) of B, all of the depth, into `out`: pieces of the depth one after another, each a
// row of panels. The threads share the work.
void pack_b(const Gemm& g, int64_t depth, int64_t column, int64_t columns, float* out) {
  const int64_t panels = (columns + kTileColumns - 1) / kTileColumns, stride = panels * kTileColumns;
  if (g.b.column_stride == 1) {
    constexpr int64_t kRows = 32;
    pool().parallel_for((g.k + kRows - 1) / kRows, [&](int64_t i) {
      for (int64_t p = i * kRows, last = std::min(g.k, p + kRows); p < last;) {  // the range may straddle two pieces
        const int64_t k0 = p / depth * depth, k = std::min(depth, g.k - k0), end = std::min(last, k0 + k);
        pack_panels_from_rows(g.b.data + k0 * g.b.row_stride + column, g.b.row_stride, p - k0, end - k0, k, columns,
                              out + stride * k0);
        p = end;
      }
    });
  } else {
    pool().parallel_for(panels * ((g.k + depth - 1) / depth), [&](int64_t i) {
      const int64_t k0 = i / panels * depth, k = std::min(depth, g.k - k0), j = i % panels * kTileColumns;
      pack_panel_from_columns(g.b, k0, k, column + j, std::min(kTileColumns, columns - j), out + stride * k0 + j * k);
    });
  }
}

void gemm(const Gemm& g) {
  const int threads = pool().threads();
  // Depth in equal pieces, columns in chunks that fit, rows in blocks whose number the threads divide.
  const int64_t pieces = std::max<int64_t>(1, (g.k + kDepth - 1) / kDepth);
  const int64_t depth = std::max<int64_t>(1, (g.k + pieces - 1) / pieces);
  const int64_t chunk = std::max<int64_t>(1, kPackedFloats / std::max<int64_t>(1, g.k) / kTileColumns) * kTileColumns;
  const int64_t groups = threads * ((g.m + threads * kBlockRows - 1) / (threads * kBlockRows));
  const int64_t block_rows = std::max(kTileRows, ((g.m + groups - 1) / groups + kTileRows - 1) / kTileRows * kTileRows);
  const int64_t blocks = (g.m + block_rows - 1) / block_rows;
  const int64_t padded = (std::min(chunk, g.n) + kTileColumns - 1) / kTileColumns * kTileColumns;

  const bool pack_a = g.a.column_stride != 1;
  Tensor packed_b({padded * std::max<int64_t>(1, g.k)});
  Tensor packed_a({pack_a ? threads * block_rows * depth : 0});
  for (int64_t column = 0; column < g.n; column += chunk) {
    const int64_t columns = std::min(chunk, g.n - column);
    const int64_t stride = (columns + kTileColumns - 1) / kTileColumns * kTileColumns;
    pack_b(g, depth, column, columns, packed_b.data());
    std::atomic<int64_t> next{0};
    pool().run([&](int thread) {
      float* const own_a = packed_a.data() + (pack_a ? thread * block_rows * depth : 0);
      for (int64_t i = next++; i < blocks; i = next++) {
        const int64_t row = i * block_rows, rows = std::min(block_rows, g.m - row);
        if (column == 0 && g.before) g.before(row, row + rows);
        for (int64_t k0 = 0; k0 < std::max<int64_t>(1, g.k); k0 += depth)
          multiply_block(g, {row, rows, k0, std::min(depth, g.k - k0), column, columns}, packed_b.data() + stride * k0,
                         own_a, g.accumulate || k0 > 0);
        if (column + columns == g.n && g.after) g.after(row, row + rows);
      }
    });
  }
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
  HWY_DYNAMIC_DISPATCH(gemm)(g);
}

}  // namespace persea::kernels
#endif
