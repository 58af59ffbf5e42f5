// Near and exact duplicates among documents that are added in the order of preference: of those that belong together
// the first one is kept. Sources in an order of preference are added in that order. Memory, threads and files:
// key_clusters.h.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "curate/key_clusters.h"

namespace persea::curate {

// By the keys of MinHasher. What belongs together is transitive, as in datatrove: a text may be removed for one that it
// is like only by way of a third.
class NearDuplicates {
 public:
  // 10 million documents of 14 bands take 1.7 GB in `folder`, or in memory where that is so large.
  static Result<NearDuplicates> create(const fs::path& folder, size_t bands, size_t memory) {
    PERSEA_TRY(auto keys, KeyClusters<1>::create(folder, bands, memory));
    return NearDuplicates(std::move(keys));
  }

  // The next document's keys, one for each band; none where MinHasher had none.
  Status add(std::span<const uint64_t> keys) {
    keys_.resize(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) keys_[i] = {keys[i]};
    return clusters_.add(keys_);
  }

  // For each document the number of the first one of its cluster.
  Result<std::vector<uint32_t>> clusters() { return clusters_.clusters(); }

 private:
  explicit NearDuplicates(KeyClusters<1> clusters) : clusters_(std::move(clusters)) {}
  KeyClusters<1> clusters_;
  std::vector<KeyClusters<1>::Key> keys_;
};

// By identifiers of 16 bytes that are equal where the texts are and spread evenly, as a part of a SHA-256.
class ExactDuplicates {
 public:
  using Id = KeyClusters<2>::Key;

  static Result<ExactDuplicates> create(const fs::path& folder, size_t memory) {
    PERSEA_TRY(auto keys, KeyClusters<2>::create(folder, 1, memory));
    return ExactDuplicates(std::move(keys));
  }

  Status add(const Id& id) { return clusters_.add({&id, 1}); }
  Result<std::vector<uint32_t>> clusters() { return clusters_.clusters(); }

 private:
  explicit ExactDuplicates(KeyClusters<2> clusters) : clusters_(std::move(clusters)) {}
  KeyClusters<2> clusters_;
};

}  // namespace persea::curate
