#include "kernels/row_bias.h"

#include <algorithm>

#include "base/threads.h"

namespace persea::kernels {

void RowBias::cpu(const RowBias& k) {
  constexpr int64_t kRows = 64;
  pool().parallel_for((k.rows + kRows - 1) / kRows, [&](int64_t block) {
    for (int64_t r = block * kRows; r < std::min(k.rows, (block + 1) * kRows); ++r) {
      const float* x = k.x.f32() + r * k.columns;
      float* y = k.y.f32() + r * k.columns;
      for (int64_t c = 0; c < k.columns; ++c) y[c] = x[c] + k.bias[c];
    }
  });
}

// Each block owns a range of columns: no two threads meet, and the order of additions is fixed.
void RowBiasBackward::cpu(const RowBiasBackward& k) {
  constexpr int64_t kColumns = 64;
  pool().parallel_for((k.columns + kColumns - 1) / kColumns, [&](int64_t block) {
    const int64_t begin = block * kColumns, width = std::min(k.columns - begin, kColumns);
    float* sums = k.dbias + begin;
    if (!k.accumulate) std::fill_n(sums, width, 0.0F);
    for (int64_t r = 0; r < k.rows; ++r) {
      const float* row = k.dy.f32() + r * k.columns + begin;
      for (int64_t c = 0; c < width; ++c) sums[c] += row[c];
    }
  });
}

}  // namespace persea::kernels
