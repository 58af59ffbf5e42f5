#include "curate/seed_table.h"

#include <algorithm>
#include <bit>

#include "curate/contamination_mode.h"

namespace persea::curate {

void SeedTable::build(std::vector<Seed> seeds) {
  // A word of the filter for two seeds: with two bits of 64 each, one in 300 of other keys passes.
  const int filter_bits = std::max(1, static_cast<int>(std::bit_width(seeds.size() / 2)));
  const int bucket_bits = std::max(1, static_cast<int>(std::bit_width(seeds.size() / 4)));
  filter_.assign(size_t{1} << filter_bits, 0);
  filter_shift_ = 64 - filter_bits;
  starts_.assign((size_t{1} << bucket_bits) + 1, 0);
  bucket_shift_ = 64 - bucket_bits;
  std::sort(seeds.begin(), seeds.end(), [this](const Seed& a, const Seed& b) {
    const uint64_t bucket_a = a.key >> bucket_shift_, bucket_b = b.key >> bucket_shift_;
    if (bucket_a != bucket_b) return bucket_a < bucket_b;
    const auto tag_a = static_cast<uint32_t>(a.key), tag_b = static_cast<uint32_t>(b.key);
    return tag_a != tag_b ? tag_a < tag_b : a.posting.packed < b.posting.packed;
  });
  tags_.clear();
  postings_.clear();
  tags_.reserve(seeds.size());
  postings_.reserve(seeds.size());
  for (const Seed& seed : seeds) {
    filter_[seed.key >> filter_shift_] |= uint64_t{1} << (seed.key & 63) | uint64_t{1} << (seed.key >> 6 & 63);
    ++starts_[(seed.key >> bucket_shift_) + 1];
    tags_.push_back(static_cast<uint32_t>(seed.key));
    postings_.push_back(seed.posting);
  }
  for (size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
}

std::span<const SeedTable::Posting> SeedTable::find(uint64_t key) const {
  const size_t bucket = key >> bucket_shift_;
  const auto first = tags_.begin() + starts_[bucket], last = tags_.begin() + starts_[bucket + 1];
  const auto [begin, end] = std::equal_range(first, last, static_cast<uint32_t>(key));
  return {postings_.data() + (begin - tags_.begin()), static_cast<size_t>(end - begin)};
}

size_t SeedTable::bytes() const {
  return filter_.size() * 8 + starts_.size() * 4 + tags_.size() * 4 + postings_.size() * sizeof(Posting);
}

void SeedTable::hash(Sha256& digest) const {
  add_vector(digest, starts_);
  add_vector(digest, tags_);
  add_vector(digest, postings_);
}

}  // namespace persea::curate
