// Attention of new tokens over a cache of keys and values: decoding (one row) and prefill (many). Keys are turned by
// RoPE before they are stored. It refuses gradients, and owns no cache.
#pragma once

#include <cstddef>
#include <cstdint>

namespace persea::kernels {

// How a cache keeps its numbers. q8: 8-bit integers with one f32 scale for a position's key, and one for its value, of
// each head.
enum class CacheFormat : uint8_t { f32, f16, q8 };

// One layer's cache of one sequence. It lies in pages of kPage positions; a page holds all layers, and in a layer a
// block for each key/value head: keys in tiles of kTile positions, [position / kTile][head_dim][kTile], so that scores
// of neighbouring positions are one vector, without a sum across it; then values in rows, [position][value_columns],
// the columns beyond head_dim undefined; then, of q8, the keys' and the values' scales.
struct CacheBlock {
  static constexpr int64_t kTile = 16, kPage = 32;
  static int64_t value_columns(int64_t head_dim) { return (head_dim + kTile - 1) / kTile * kTile; }
  static int64_t head_bytes(int64_t head_dim, CacheFormat format);  // of one head's block in a page

  std::byte* const* pages;  // position / kPage names the page
  int64_t offset;           // bytes from a page's beginning to the layer's first head
  CacheFormat format = CacheFormat::f32;
};

// Rows of one sequence: positions [past, past + rows). A row's result has the same bits whatever rows are computed
// with it.
struct CachedAttention {
  int64_t rows, past, heads, kv_heads, head_dim;
  float* qkv;              // [rows, (heads + 2 kv_heads) head_dim], as the product gives them; q is turned in place
  const float *cos, *sin;  // [positions, head_dim / 2]
  CacheBlock cache;
  float* out;                     // [rows, heads * head_dim]
  int64_t window = 0, chunk = 0;  // 0: none; a position sees as many, itself the last, or those of its own chunk

  // The same for its rows from `first` on; it has yet to be told where their results go.
  CachedAttention from(int64_t first) const {
    CachedAttention rest = *this;
    rest.rows -= first, rest.past += first, rest.qkv += first * (heads + 2 * kv_heads) * head_dim, rest.out = nullptr;
    return rest;
  }

  // The first position that one sees.
  static constexpr int64_t first_seen(int64_t position, int64_t window, int64_t chunk) {
    if (window > 0 && position >= window) return position - window + 1;
    return chunk > 0 ? position / chunk * chunk : 0;
  }

  static constexpr int kQueries = 8;  // of one key/value head that share a pass over its cache

  // Turns q and k of rows [begin, end) and puts their k and v into the cache. All rows are stored before any attends.
  static void cpu_store(const CachedAttention& attention, int64_t begin, int64_t end);
  // Each row attends to the positions that it sees, up to its own, in items of work that may run at once.
  int64_t items() const;
  static void cpu_item(const CachedAttention& attention, int64_t item);
};

}  // namespace persea::kernels
