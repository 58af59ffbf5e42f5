// Which rows of n words are parts of which evaluation items: hashes of rows, each with its items. Rows of several
// lengths may lie in one index. Hashes are the same everywhere; two rows share one once in 2^64.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/hash.h"

namespace persea::curate {

inline constexpr size_t kLongestRow = 100;  // words

// The hash of any row of a list of words in a few operations (Karp and Rabin 1987).
class RowHashes {
 public:
  // From the words' own hashes.
  void read(std::span<const uint64_t> words);
  // n from 1 to kLongestRow, first + n within the list.
  uint64_t row(size_t first, size_t n) const;
  size_t words() const { return sums_.empty() ? 0 : sums_.size() - 1; }

 private:
  std::vector<uint64_t> sums_;  // of each beginning of the list
};

class NgramIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  void add(uint64_t row, uint32_t item) { added_.push_back({row, item}); }
  void build();  // after the last add()

  size_t rows() const { return rows_.size(); }
  uint32_t find(uint64_t row) const;  // its number below rows(), or kNone
  // Up to 16 of its items, rising.
  std::span<const uint32_t> items(uint32_t number) const {
    return {items_.data() + starts_[number], starts_[number + 1] - starts_[number]};
  }
  size_t bytes() const;
  void hash(Sha256& digest) const;

 private:
  struct Added {
    uint64_t row;
    uint32_t item;
  };
  std::vector<Added> added_;
  std::vector<uint64_t> filter_ = {0, 0};  // one bit for each row, by its upper bits
  int filter_shift_ = 63;
  std::vector<uint32_t> buckets_ = {0, 0, 0};  // where rows with the same upper bits begin
  int bucket_shift_ = 63;
  std::vector<uint64_t> rows_;  // sorted
  std::vector<uint32_t> starts_ = {0}, items_;
};

}  // namespace persea::curate
