// Batches from tokens on disk. Batch `step` is a pure function of the settings and the step: nothing has to be saved to
// resume. Three orders:
//   documents  whole documents packed into rows, each token once an epoch (packing.h); epochs differ in the rows'
//   order.
//              What is left of a row is padding (its targets are -1).
//   corpus     the same, but the rows come about in the documents' own order, every epoch: for a curriculum.
//   windows    rows cut anywhere from the stream at random, with repetition: for one long text.
// Attention sees one document at a time in all. The last token of a document has the beginning of the next one as its
// target (what ends a document is learnt), unless the row ends there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "data/packed_batch.h"
#include "data/packing.h"
#include "data/tokens.h"

namespace persea {

struct LoaderSettings {
  int sequences = 32, length = 256;  // rows of a batch and tokens of a row
  uint64_t seed = 1;
  enum class Order { documents, corpus, windows } order = Order::documents;
  // Where given, what stands behind `open` up to and with `close` in a document is no target: a user's turns, of which
  // a model has to read every word and write none.
  struct Mask {
    int32_t open, close;
  };
  std::optional<Mask> mask = std::nullopt;
};

class TokenLoader {
 public:
  // Fails where there are no tokens.
  static Result<TokenLoader> create(TokenReader tokens, const LoaderSettings& settings);

  PackedBatch at(int64_t step) const;
  void fill(int64_t step, PackedBatch& batch) const;  // the same, into memory that is there

  // The rows that cover the split in its own order, up to `max_tokens` targets or so (0: all), in batches, the last
  // filled up with rows of padding; each is the same whatever the seed.
  std::vector<PackedBatch> validation(int64_t max_tokens) const;

  int64_t rows_per_epoch() const { return rows_; }
  double padding() const { return padding_; }  // share of all places that hold no token
  const TokenReader& tokens() const { return tokens_; }

 private:
  TokenLoader(TokenReader tokens, const LoaderSettings& settings) : tokens_(std::move(tokens)), settings_(settings) {}
  void put(const PackedPiece& piece, int at, int64_t row, PackedBatch& batch) const;
  void put_window(int64_t begin, int length, int64_t row, PackedBatch& batch) const;
  void mask_targets(const PackedPiece& piece, int32_t* targets) const;
  void fill_row(std::span<const PackedPiece> pieces, int64_t row, PackedBatch& batch) const;
  PackedBatch empty_batch(int64_t sequences) const;

  TokenReader tokens_;
  LoaderSettings settings_;
  Packing packing_;  // of the documents, in an order shuffled once
  int64_t rows_ = 0;
  double padding_ = 0;
};

}  // namespace persea
