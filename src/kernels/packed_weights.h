// A matrix of weights in the order in which products read it: panels of 32 rows, and within a panel the depth from its
// beginning to its end, so that one pass over memory serves any number of tokens. Weights keep their type. It owns
// nothing and refuses to choose a type.
#pragma once

#include <cstddef>
#include <cstdint>

namespace persea::kernels {

// q8 and q4: blocks of 32 numbers along the depth that share an f16 scale, as GGUF's Q8_0 (a signed byte each) and Q4_0
// (four bits, less 8) define them.
enum class WeightType { f32, f16, bf16, q8, q4 };

// W [n, k].
struct PackedWeights {
  static constexpr int64_t kRows = 32;   // of a panel
  static constexpr int64_t kBlock = 32;  // numbers of q8 and q4 that share a scale: k is a multiple of it

  WeightType type;
  int64_t n, k;
  std::byte* data;  // bytes() of them, 64-byte aligned

  // Per step of the depth, f32, f16 and bf16: 32 numbers. Per block of q8 and q4: 32 scales, then for each four (q8) or
  // eight (q4: the lower halves of bytes are steps 0-15, the upper 16-31) steps 32 words of that row's four bytes. q8
  // is stored plus 128, so that the bytes of both are unsigned.
  int64_t panels() const { return (n + kRows - 1) / kRows; }
  int64_t panel_bytes() const;
  int64_t bytes() const { return panels() * panel_bytes(); }

  // Puts rows [first, first + count) into place; `rows` are as GGUF holds them, one behind the other. Rows of the last
  // panel beyond n are never put: data is zeroed before.
  void pack(int64_t first, int64_t count, const std::byte* rows) const;
  // One row as f32: out [k].
  void unpack(int64_t row, float* out) const;
};

// out[i] = row rows[i] as f32; 0 where that is negative: a token's embedding.
struct UnpackRows {
  PackedWeights weights;
  int64_t count;
  const int32_t* rows;
  float* out;  // [count, k]
  static void cpu(const UnpackRows& k);
  static void cuda(const UnpackRows& k);
};

// Bytes of a row of k numbers as GGUF holds it.
int64_t row_bytes(WeightType type, int64_t k);

}  // namespace persea::kernels
