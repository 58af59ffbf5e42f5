#include "data/curation/duplicates.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "curate/near_duplicates.h"

namespace persea::curation {
namespace {

using Firsts = std::vector<uint32_t>;

Result<Firsts> find_exact(const Documents& documents, const fs::path& folder, size_t memory) {
  PERSEA_TRY(auto ids, curate::ExactDuplicates::create(folder, memory));
  for (size_t p = 0; p < documents.parts(); ++p) {
    for (const PartEntry& entry : documents.part(p).entries())
      PERSEA_CHECK(ids.add(std::bit_cast<curate::ExactDuplicates::Id>(entry.id)));
    documents.release(p);
  }
  return ids.clusters();
}

// Among those that are no exact copies.
Result<Firsts> find_near(const Documents& documents, const Duplicates& exact, size_t bands, const fs::path& folder,
                         size_t memory) {
  PERSEA_TRY(auto keys, curate::NearDuplicates::create(folder, bands, memory));
  for (size_t p = 0; p < documents.parts(); ++p) {
    const PartReader& part = documents.part(p);
    for (size_t i = 0; i < part.entries().size(); ++i) {
      const bool copy = exact.fates[documents.first_of(p) + i] != Fate::lives;
      PERSEA_CHECK(keys.add(copy ? std::span<const uint64_t>() : part.keys(i, bands)));
    }
    documents.release(p);
  }
  return keys.clusters();
}

}  // namespace

uint32_t Duplicates::group_of(uint32_t document) const {
  while (above[document] != document) document = above[document];
  return document;
}

void Duplicates::join(uint32_t one, uint32_t other) {
  const uint32_t a = group_of(one), b = group_of(other), first_of_both = std::min(a, b);
  above[a] = above[b] = above[one] = above[other] = first_of_both;
}

Result<Duplicates> find_duplicates(const Dedup& dedup, const Documents& documents, size_t bands, const fs::path& folder,
                                   int64_t memory) {
  const auto bytes = static_cast<size_t>(memory);
  Duplicates found;
  found.fates.assign(documents.size(), Fate::lives);
  found.first.resize(documents.size());
  std::iota(found.first.begin(), found.first.end(), 0U);
  if (dedup.exact) {
    PERSEA_TRY(found.first, find_exact(documents, folder, bytes));
    for (uint32_t i = 0; i < documents.size(); ++i)
      if (found.first[i] != i) found.fates[i] = Fate::exact;
  }
  found.above = found.first;
  if (bands == 0) return found;
  PERSEA_TRY(const Firsts near, find_near(documents, found, bands, folder, bytes));
  for (uint32_t i = 0; i < documents.size(); ++i) {
    if (near[i] == i) continue;
    found.first[i] = near[i];
    found.join(near[i], i);
    if (dedup.near == "drop") found.fates[i] = Fate::near;
  }
  // The first of equal texts may have gone as nearly the same as another one, which stays for all of them.
  for (uint32_t i = 0; i < documents.size(); ++i)
    if (found.fates[found.first[i]] == Fate::near) found.first[i] = found.first[found.first[i]];
  return found;
}

Status join_equal_texts(const Documents& documents, const fs::path& folder, int64_t memory, Duplicates& duplicates) {
  PERSEA_TRY(const Firsts first, find_exact(documents, folder, static_cast<size_t>(memory)));
  Firsts living(documents.size(), UINT32_MAX);  // the first living one of those that have the text of this one
  for (uint32_t i = 0; i < documents.size(); ++i) {
    if (duplicates.fates[i] != Fate::lives) continue;
    uint32_t& same = living[first[i]];
    if (same == UINT32_MAX) same = i;
    if (same != i) duplicates.join(same, i);
  }
  return {};
}

}  // namespace persea::curation
