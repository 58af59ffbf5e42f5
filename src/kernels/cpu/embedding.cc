#include "kernels/embedding.h"

#include <algorithm>
#include <cstring>

#include "base/threads.h"

namespace persea::kernels {

void Embedding::cpu(const Embedding& k) {
  constexpr int64_t kRows = 64;
  const float* table = k.table.f32();
  float* out = k.out.f32();
  pool().parallel_for((k.count + kRows - 1) / kRows, [&](int64_t block) {
    for (int64_t i = block * kRows; i < std::min(k.count, (block + 1) * kRows); ++i) {
      if (k.tokens[i] < 0)
        std::fill_n(out + i * k.columns, k.columns, 0.0f);
      else
        std::memcpy(out + i * k.columns, table + k.tokens[i] * k.columns, k.columns * sizeof(float));
    }
  });
}

// Each block owns a range of columns of the whole table: no two threads meet, and the order of additions is fixed.
void EmbeddingBackward::cpu(const EmbeddingBackward& k) {
  constexpr int64_t kColumns = 64;
  const float* dout = k.dout.f32();
  pool().parallel_for((k.columns + kColumns - 1) / kColumns, [&](int64_t block) {
    const int64_t begin = block * kColumns, width = std::min(k.columns - begin, kColumns);
    if (!k.accumulate)
      for (int64_t r = 0; r < k.vocab; ++r) std::fill_n(k.dtable + r * k.columns + begin, width, 0.0f);
    for (int64_t i = 0; i < k.count; ++i) {
      if (k.tokens[i] < 0) continue;
      float* out = k.dtable + k.tokens[i] * k.columns + begin;
      const float* in = dout + i * k.columns + begin;
      for (int64_t c = 0; c < width; ++c) out[c] += in[c];
    }
  });
}

}  // namespace persea::kernels
