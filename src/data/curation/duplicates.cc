#include "data/curation/duplicates.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace persea::curation {
namespace {

struct Numbered {
  DocumentId id;
  uint32_t document;
  bool operator<(const Numbered& other) const {
    const int order = std::memcmp(id.data(), other.id.data(), id.size());
    return order != 0 ? order < 0 : document < other.document;
  }
};

// Copies of the same text, found by sorting: a share of all ids at a time, parted by their first byte.
void find_exact(const Documents& documents, int64_t memory, Duplicates& found) {
  const double bytes = static_cast<double>(documents.size()) * sizeof(Numbered);
  const int passes = std::clamp(static_cast<int>(bytes / static_cast<double>(memory)) + 1, 1, 256);
  std::vector<Numbered> ids;
  for (int pass = 0; pass < passes; ++pass) {
    ids.clear();
    for (size_t p = 0; p < documents.parts(); ++p) {
      const auto entries = documents.part(p).entries();
      for (size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].id[0] * passes / 256 == pass)
          ids.push_back({entries[i].id, static_cast<uint32_t>(documents.first_of(p) + i)});
      }
      documents.release(p);
    }
    std::sort(ids.begin(), ids.end());
    for (size_t i = 1, first = 0; i < ids.size(); ++i) {
      if (ids[i].id != ids[first].id) {
        first = i;
      } else {
        found.dropped[ids[i].document] = Copy::exact;
        found.first[ids[i].document] = ids[first].document;
      }
    }
  }
}

}  // namespace

Result<Duplicates> find_duplicates(const Dedup& dedup, const Documents& documents, const fs::path& folder,
                                   int64_t memory) {
  Duplicates found;
  found.dropped.assign(documents.size(), Copy::none);
  found.first.resize(documents.size());
  std::iota(found.first.begin(), found.first.end(), 0U);
  if (dedup.exact) find_exact(documents, memory, found);
  (void)folder;
  return found;
}

}  // namespace persea::curation
