// Where pairs of words stand in many short texts: a compact hash table that is asked for every word of a long one, and
// mostly answers no out of a small filter. Built once, then read by any number of threads. It compares no words.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/hash.h"
#include "curate/plain_words.h"

namespace persea::curate {

class SeedTable {
 public:
  // A place in the texts: the number of a text, and of a word in it (below 256).
  struct Posting {
    uint32_t packed = 0;
    uint32_t text() const { return packed >> 8; }
    uint32_t word() const { return packed & 255; }
  };
  static constexpr uint32_t kMostTexts = 1 << 24;

  struct Seed {
    uint64_t key;
    Posting posting;
  };
  static uint64_t key(PlainWord first, PlainWord second) {
    uint64_t key = (static_cast<uint64_t>(first) << 32 | second) * 0x9e3779b97f4a7c15;
    key = (key ^ key >> 32) * 0xd1b54a32d192ed03;
    return key ^ key >> 29;
  }
  static Posting posting(uint32_t text, uint32_t word) { return {text << 8 | word}; }

  void build(std::vector<Seed> seeds);

  void prefetch(uint64_t key) const { __builtin_prefetch(&filter_[key >> filter_shift_]); }
  bool maybe(uint64_t key) const {
    const uint64_t bits = uint64_t{1} << (key & 63) | uint64_t{1} << (key >> 6 & 63);
    return (filter_[key >> filter_shift_] & bits) == bits;
  }
  // For those that may be here: the first, then the second, then find().
  void prefetch_bucket(uint64_t key) const { __builtin_prefetch(&starts_[key >> bucket_shift_]); }
  void prefetch_seeds(uint64_t key) const {
    const uint32_t start = starts_[key >> bucket_shift_];
    __builtin_prefetch(tags_.data() + start);
    __builtin_prefetch(postings_.data() + start);
  }
  // What shares the key, and very rarely another one.
  std::span<const Posting> find(uint64_t key) const;

  size_t bytes() const;
  void hash(Sha256& digest) const;

 private:
  std::vector<uint64_t> filter_ = {0, 0};  // a word for the upper bits of a key, two of its bits for the lower ones
  int filter_shift_ = 63;
  std::vector<uint32_t> starts_ = {0, 0, 0};  // of each bucket, by the upper bits of a key
  int bucket_shift_ = 63;
  std::vector<uint32_t> tags_;  // the lower half of each key, rising inside a bucket
  std::vector<Posting> postings_;
};

}  // namespace persea::curate
