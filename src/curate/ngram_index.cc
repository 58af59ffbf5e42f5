#include "curate/ngram_index.h"

#include <algorithm>
#include <array>
#include <bit>

#include "curate/contamination_mode.h"

namespace persea::curate {
namespace {

constexpr uint64_t kBase = 0x9e3779b97f4a7c15;
constexpr size_t kMostItems = 16;

constexpr std::array<uint64_t, kLongestRow + 1> powers() {
  std::array<uint64_t, kLongestRow + 1> all{1};
  for (size_t i = 1; i < all.size(); ++i) all[i] = all[i - 1] * kBase;
  return all;
}
constexpr std::array<uint64_t, kLongestRow + 1> kPowers = powers();

}  // namespace

void RowHashes::read(std::span<const uint64_t> words) {
  sums_.resize(words.size() + 1);
  sums_[0] = 0;
  for (size_t i = 0; i < words.size(); ++i) sums_[i + 1] = sums_[i] * kBase + words[i];
}

uint64_t RowHashes::row(size_t first, size_t n) const {
  uint64_t hash = (sums_[first + n] - sums_[first] * kPowers[n] + n) * 0xd1b54a32d192ed03;
  hash = (hash ^ hash >> 32) * 0x8cb92ba72f3d8dd7;
  return hash ^ hash >> 29;
}

void NgramIndex::build() {
  std::sort(added_.begin(), added_.end(),
            [](const Added& a, const Added& b) { return a.row != b.row ? a.row < b.row : a.item < b.item; });
  rows_.clear();
  starts_ = {0};
  items_.clear();
  for (size_t i = 0; i < added_.size();) {
    const size_t first = items_.size();
    rows_.push_back(added_[i].row);
    for (; i < added_.size() && added_[i].row == rows_.back(); ++i)
      if (items_.size() < first + kMostItems && (items_.size() == first || items_.back() != added_[i].item))
        items_.push_back(added_[i].item);
    starts_.push_back(static_cast<uint32_t>(items_.size()));
  }
  added_ = {};
  const int filter_bits = std::max(1, static_cast<int>(std::bit_width(rows_.size() / 4)));
  const int bucket_bits = std::max(1, static_cast<int>(std::bit_width(rows_.size() / 4)));
  filter_.assign(size_t{1} << filter_bits, 0);
  filter_shift_ = 64 - filter_bits;
  buckets_.assign((size_t{1} << bucket_bits) + 1, 0);
  bucket_shift_ = 64 - bucket_bits;
  for (const uint64_t row : rows_) {
    filter_[row >> filter_shift_] |= uint64_t{1} << (row & 63);
    ++buckets_[(row >> bucket_shift_) + 1];
  }
  for (size_t i = 1; i < buckets_.size(); ++i) buckets_[i] += buckets_[i - 1];
}

uint32_t NgramIndex::find(uint64_t row) const {
  if ((filter_[row >> filter_shift_] & uint64_t{1} << (row & 63)) == 0) return kNone;
  const size_t bucket = row >> bucket_shift_;
  const auto last = rows_.begin() + buckets_[bucket + 1];
  const auto found = std::lower_bound(rows_.begin() + buckets_[bucket], last, row);
  return found != last && *found == row ? static_cast<uint32_t>(found - rows_.begin()) : kNone;
}

size_t NgramIndex::bytes() const {
  return 8 * (filter_.size() + rows_.size()) + 4 * (buckets_.size() + starts_.size() + items_.size());
}

void NgramIndex::hash(Sha256& digest) const {
  add_vector(digest, rows_);
  add_vector(digest, starts_);
  add_vector(digest, items_);
}

}  // namespace persea::curate
