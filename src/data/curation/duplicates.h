// The second pass: which documents are copies of others. It reads the parts once for each kind of copy, within a bound
// of memory, and gives the same answer for any bound. What to do about copies is the recipe's.
#pragma once

#include <cstdint>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "data/curation/documents.h"
#include "data/curation/recipe.h"

namespace persea::curation {

// What becomes of a document once it was read: `exact` and `near` copies of another one go, and what a later step
// judged and dropped.
enum class Fate : uint8_t { lives, exact, near, judged };

struct Duplicates {
  std::vector<Fate> fates;      // of each document
  std::vector<uint32_t> first;  // of each document: the one that it is a copy of, or the first one of those that it is
                                // nearly the same as; itself where there is none
  std::vector<uint32_t> above;  // the groups that lie on one side of the split, as trees: a document of the same group
                                // that comes earlier, or itself

  // The first document of the group.
  uint32_t group_of(uint32_t document) const;
  void join(uint32_t one, uint32_t other);
};

// `bands` keys of MinHash a document, 0: near duplicates are not looked for. `folder` is scratch, `memory` in bytes.
Result<Duplicates> find_duplicates(const Dedup& dedup, const Documents& documents, size_t bands, const fs::path& folder,
                                   int64_t memory);

// Joins the groups of living documents that have come to have the same text since: what was cut out of them was all
// that told them apart.
Status join_equal_texts(const Documents& documents, const fs::path& folder, int64_t memory, Duplicates& duplicates);

}  // namespace persea::curation
