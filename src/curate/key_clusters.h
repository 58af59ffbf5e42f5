// Documents that share keys, brought together: each key stands in a column (a band of MinHash, or the one column of
// exact duplicates), and two documents with the same key in the same column belong together, and with them all that
// belong with either. Memory is bounded; keys that do not fit go to a folder. The result depends on the keys alone, not
// on the memory or the threads. It knows no texts.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace persea::curate {

// Keys of kWords numbers of 64 bits, which have to be spread evenly, as hashes are.
template <size_t kWords>
class KeyClusters {
 public:
  using Key = std::array<uint64_t, kWords>;

  // `memory` bytes are for keys and tables; beside these every document takes 4, and clusters() gives these back.
  // Columns from 1 to 4096, else std::logic_error.
  static Result<KeyClusters> create(const fs::path& folder, size_t columns, size_t memory);
  KeyClusters(KeyClusters&&) noexcept;
  KeyClusters& operator=(KeyClusters&&) noexcept;
  ~KeyClusters();

  // The next document, by one thread: a key for each column, or none at all where it is like no other. At most
  // 2^32 - 2 documents.
  Status add(std::span<const Key> keys);

  uint64_t documents() const;

  // For each document the first one of those that it belongs with: its own number where it is that one. On all
  // threads; once, and nothing is added after that.
  Result<std::vector<uint32_t>> clusters();

 private:
  struct State;
  explicit KeyClusters(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

extern template class KeyClusters<1>;
extern template class KeyClusters<2>;

}  // namespace persea::curate
