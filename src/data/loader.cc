#include "data/loader.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "base/random.h"

namespace persea {

Result<TokenLoader> TokenLoader::create(TokenReader tokens, const LoaderSettings& settings) {
  if (settings.sequences < 1 || settings.length < 1) throw std::logic_error("TokenLoader: an empty batch");
  TokenLoader loader(std::move(tokens), settings);
  const TokenReader& all = loader.tokens_;
  if (all.tokens() < 2) return fail("there are no tokens: the text has no document in this split");
  if (settings.order == LoaderSettings::Order::windows) {
    loader.rows_ = std::max<int64_t>(1, (all.tokens() - 1) / settings.length);
    return loader;
  }
  std::vector<int64_t> order(all.documents()), starts(all.documents() + 1);
  for (int64_t d = 0; d <= all.documents(); ++d) starts[d] = all.begin(d);
  std::iota(order.begin(), order.end(), 0);
  if (settings.order == LoaderSettings::Order::documents) Random(settings.seed, "documents").shuffle(order);
  loader.packing_ = pack(order, starts, settings.length);
  loader.rows_ = loader.packing_.row_count();
  loader.padding_ = 1 - static_cast<double>(all.tokens()) / (static_cast<double>(loader.rows_) * settings.length);
  return loader;
}

// Ignores the targets within masked turns. What came before the piece in its document decides how it
// begins.
void TokenLoader::mask_targets(const PackedPiece& piece, int32_t* targets) const {
  const auto [open, close] = *settings_.mask;
  bool inside = false;
  for (int64_t i = tokens_.begin(tokens_.document_of(piece.begin)); i < piece.begin; ++i) {
    const int32_t id = tokens_[i];
    inside = id == open || (inside && id != close);
  }
  for (int32_t i = 0; i < piece.count; ++i) {
    const int32_t id = tokens_[piece.begin + i];
    inside = id == open || (inside && id != close);
    if (inside) targets[i] = -1;
  }
}

// Writes a piece at column `at` of the row. Its last target is the token behind it, if the split has one.
void TokenLoader::put(const PackedPiece& piece, int at, int64_t row, PackedBatch& batch) const {
  const size_t base = static_cast<size_t>(row) * batch.length + at;
  int32_t* const out = batch.tokens.data() + base;
  int32_t* const targets = batch.targets.data() + base;
  for (int32_t i = 0; i < piece.count; ++i) out[i] = tokens_[piece.begin + i];
  std::copy(out + 1, out + piece.count, targets);
  const int64_t behind = piece.begin + piece.count;
  targets[piece.count - 1] = behind < tokens_.tokens() ? tokens_[behind] : -1;
  std::iota(batch.positions.begin() + static_cast<ptrdiff_t>(base),
            batch.positions.begin() + static_cast<ptrdiff_t>(base) + piece.count, 0);
  std::fill_n(batch.starts.begin() + static_cast<ptrdiff_t>(base), piece.count, at);
  if (settings_.mask) mask_targets(piece, targets);
}

void TokenLoader::fill_row(std::span<const PackedPiece> pieces, int64_t row, PackedBatch& batch) const {
  int at = 0;
  for (const PackedPiece& piece : pieces) {
    put(piece, at, row, batch);
    at += piece.count;
  }
  // Padding: tokens that see only themselves and teach nothing.
  for (; at < batch.length; ++at) {
    const size_t i = static_cast<size_t>(row) * batch.length + at;
    batch.tokens[i] = tokens_[0];
    batch.targets[i] = -1;
    batch.positions[i] = 0;
    batch.starts[i] = at;
  }
}

// Tokens [begin, begin + length) as a row, cut at the documents that begin in it.
void TokenLoader::put_window(int64_t begin, int length, int64_t row, PackedBatch& batch) const {
  std::vector<PackedPiece> pieces;
  const int64_t end = begin + length;
  for (int64_t d = tokens_.document_of(begin); begin < end; ++d) {
    const int64_t stop = std::min(end, tokens_.begin(d + 1));
    if (stop > begin) pieces.push_back({begin, static_cast<int32_t>(stop - begin)});
    begin = stop;
  }
  fill_row(pieces, row, batch);
}

PackedBatch TokenLoader::empty_batch(int64_t sequences) const {
  PackedBatch batch;
  batch.sequences = static_cast<int>(sequences);
  batch.length = settings_.length;
  const size_t size = static_cast<size_t>(sequences) * settings_.length;
  for (auto* values : {&batch.tokens, &batch.targets, &batch.positions, &batch.starts}) values->resize(size);
  return batch;
}

PackedBatch TokenLoader::at(int64_t step) const {
  PackedBatch batch = empty_batch(settings_.sequences);
  fill(step, batch);
  return batch;
}

void TokenLoader::fill(int64_t step, PackedBatch& batch) const {
  if (step < 0) throw std::logic_error("TokenLoader: a negative step");
  if (batch.sequences != settings_.sequences || batch.length != settings_.length)
    batch = empty_batch(settings_.sequences);
  for (int64_t row = 0; row < batch.sequences; ++row) {
    const int64_t number = step * batch.sequences + row;
    if (settings_.order == LoaderSettings::Order::windows) {
      Random random(settings_.seed + 0x9e3779b97f4a7c15 * static_cast<uint64_t>(number), "windows");
      const int64_t length = std::min<int64_t>(settings_.length, tokens_.tokens() - 1);  // each token has one behind it
      put_window(static_cast<int64_t>(random.below(tokens_.tokens() - length)), static_cast<int>(length), row, batch);
    } else {
      uint64_t place = static_cast<uint64_t>(number % rows_);
      if (settings_.order == LoaderSettings::Order::documents) {
        const auto epoch = static_cast<uint64_t>(number / rows_);
        place = permuted(place, rows_, Random(settings_.seed + 0x9e3779b97f4a7c15 * epoch, "rows").next());
      }
      fill_row(packing_.row(static_cast<int64_t>(place)), row, batch);
    }
  }
}

std::vector<PackedBatch> TokenLoader::validation(int64_t max_tokens) const {
  const bool windows = settings_.order == LoaderSettings::Order::windows;
  Packing in_order;
  int64_t rows = (tokens_.tokens() - 1 + settings_.length - 1) / settings_.length;
  if (!windows) {
    std::vector<int64_t> order(tokens_.documents()), starts(tokens_.documents() + 1);
    for (int64_t d = 0; d <= tokens_.documents(); ++d) starts[d] = tokens_.begin(d);
    std::iota(order.begin(), order.end(), 0);
    in_order = pack(order, starts, settings_.length);
    rows = in_order.row_count();
  }
  if (max_tokens > 0)
    rows = std::min(rows, std::max<int64_t>(1, (max_tokens + settings_.length - 1) / settings_.length));
  std::vector<PackedBatch> batches;
  for (int64_t first = 0; first < rows; first += settings_.sequences) {
    PackedBatch batch =
        empty_batch(settings_.sequences);  // the last one too: other sizes would take memory of their own
    for (int64_t row = 0; row < batch.sequences; ++row) {
      if (first + row >= rows) {
        fill_row({}, row, batch);
      } else if (windows) {
        const int64_t begin = (first + row) * settings_.length;
        const int64_t length = std::min<int64_t>(settings_.length, tokens_.tokens() - 1 - begin);
        put_window(begin, static_cast<int>(length), row, batch);
      } else {
        fill_row(in_order.row(first + row), row, batch);
      }
    }
    batches.push_back(std::move(batch));
  }
  return batches;
}

}  // namespace persea
