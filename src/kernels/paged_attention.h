// Attention of new tokens of several sequences over their caches' pages, as a GPU does it: all rows in a few launches.
// cached_attention.h is the CPU's, a sequence at a time; the pages are the same. It refuses gradients, and owns no
// cache.
#pragma once

#include <cstdint>

#include "kernels/cached_attention.h"
#include "kernels/rounded_rows.h"

namespace persea::kernels {

// What the rows of a pass are; everything is on the device.
struct PagedRows {
  int64_t rows, heads, kv_heads, head_dim;
  float* qkv;                // [rows, (heads + 2 kv_heads) head_dim], as the product gives them
  const int32_t* positions;  // [rows]; negative: no token, nothing is done for it
  const int32_t* tables;     // [rows]: which of the page tables
  std::byte* const* pages;   // page tables of `table_pages` entries: position / CacheBlock::kPage names the page
  int64_t table_pages;
  int64_t offset;  // bytes from a page's beginning to the layer's first head
  CacheFormat format;

  static constexpr int64_t kMostHeadDim = 256;
  constexpr int64_t columns() const { return (heads + 2 * kv_heads) * head_dim; }
};

// Turns q and k by RoPE, q in place, and puts k and v into the cache.
struct PagedStore {
  PagedRows rows;
  const float *cos, *sin;                            // [positions, head_dim / 2]
  const float *q_gain = nullptr, *k_gain = nullptr;  // where not null, heads of q and k are normed before (RmsNorm)
  float eps = 0;
  static void cuda(const PagedStore& k);
};

// Each row attends to the positions that it sees, up to its own, all of which are stored. The cache is cut at multiples
// of kSplit positions, whose results are put together in their order (Dao et al. 2023, "Flash-Decoding"): a row's
// result has the same bits whatever rows are computed with it.
struct PagedAttention {
  PagedRows rows;
  int64_t window = 0, chunk = 0;  // as CachedAttention's
  float* partials;                // room for results of splits
  int64_t partial_count;          // of floats; at least partials_for() of one row. More room, fewer launches
  RoundedRows out;                // [rows, heads * head_dim]

  static constexpr int64_t kSplit = 4 * CacheBlock::kPage;
  static constexpr int64_t splits(int64_t table_pages) {
    return (table_pages * CacheBlock::kPage + kSplit - 1) / kSplit;
  }
  // Of a row of `heads` heads: sums of values, and of each the largest score and the sum of the weights.
  static constexpr int64_t partials_for(int64_t heads, int64_t head_dim, int64_t table_pages) {
    return heads * splits(table_pages) * (head_dim + 2);
  }
  static void cuda(const PagedAttention& k);
};

}  // namespace persea::kernels
