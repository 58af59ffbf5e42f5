// Which pieces of documents make up which row: whole documents where they fit, best fit first, so that few documents
// are cut and little is padding (after "Fewer Truncations Improve Language Modeling", Ding et al. 2024).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace persea {

// Tokens [begin, begin + count) of the split: a document, or what of a longer one goes into one row.
struct PackedPiece {
  int64_t begin;
  int32_t count;
};

struct Packing {
  std::vector<PackedPiece> pieces;  // row by row
  std::vector<int64_t> rows{0};     // pieces [rows[r], rows[r + 1]) make up row r
  int64_t row_count() const { return static_cast<int64_t>(rows.size()) - 1; }
  std::span<const PackedPiece> row(int64_t r) const {
    return std::span(pieces).subspan(static_cast<size_t>(rows[r]), static_cast<size_t>(rows[r + 1] - rows[r]));
  }
};

// Packs documents into rows of `length` tokens, about in the order given (`order` holds indices of documents; document
// d is tokens [starts[d], starts[d + 1])). A document longer than a row fills whole rows first; its rest is packed like
// a short document. Every token lies in exactly one row.
Packing pack(std::span<const int64_t> order, std::span<const int64_t> starts, int length);

// A bijection of [0, n): a four-round Feistel network over the next even power of two, walked until it falls below n.
// Takes no memory, so that the order of an epoch is a function and not a table.
uint64_t permuted(uint64_t i, uint64_t n, uint64_t key);

}  // namespace persea
