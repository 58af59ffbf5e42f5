// Attention of new tokens over a cache of keys and values: decoding (one row) and prefill (many). Keys are turned by
// RoPE before they are stored. It refuses gradients, and owns no cache.
#pragma once

#include <cstdint>

namespace persea::kernels {

// One layer's cache of one sequence, a block for each key/value head.
// Keys lie in tiles of kTile positions, [position / kTile][head_dim][kTile]: scores of neighbouring positions are then
// one vector, without a sum across it. Values lie in rows, [position][value_columns], the columns beyond head_dim 0.
struct CacheBlock {
  static constexpr int64_t kTile = 16;
  static int64_t value_columns(int64_t head_dim) { return (head_dim + kTile - 1) / kTile * kTile; }

  float *keys, *values;
  int64_t capacity;  // positions, a multiple of kTile; a head's keys are capacity * head_dim floats
};

// Rows of one sequence: positions [past, past + rows).
struct CachedAttention {
  int64_t rows, past, heads, kv_heads, head_dim;
  float* qkv;              // [rows, (heads + 2 kv_heads) head_dim], as the product gives them; q is turned in place
  const float *cos, *sin;  // [positions, head_dim / 2]
  CacheBlock cache;
  float* out;  // [rows, heads * head_dim]

  static constexpr int kQueries = 4;  // of one key/value head that share a pass over its cache

  // Turns the row's q and k and puts its k and v into the cache. All rows are stored before any attends.
  static void cpu_store(const CachedAttention& attention, int64_t row);
  // Each row attends to every position up to its own, in items of work that may run at once.
  int64_t items() const;
  static void cpu_item(const CachedAttention& attention, int64_t item);
};

}  // namespace persea::kernels
