#include "data/curation/documents.h"

#include <algorithm>

namespace persea::curation {

Result<Documents> Documents::open(const std::vector<fs::path>& parts) {
  Documents documents;
  for (const fs::path& path : parts) {
    PERSEA_TRY(PartReader part, PartReader::open(path));
    documents.firsts_.push_back(documents.size() + part.entries().size());
    part.release();
    documents.parts_.push_back(std::move(part));
  }
  if (documents.size() > UINT32_MAX - 1)
    return fail("{} documents are more than one corpus holds: curate the sources one by one", documents.size());
  return documents;
}

size_t Documents::part_of(size_t i) const {
  return std::upper_bound(firsts_.begin(), firsts_.end(), i) - firsts_.begin() - 1;
}

const PartEntry& Documents::entry(size_t i) const {
  const size_t p = part_of(i);
  return parts_[p].entries()[i - firsts_[p]];
}

std::string_view Documents::text(size_t i) const {
  const PartReader& part = parts_[part_of(i)];
  return part.text(entry(i));
}

std::string_view Documents::place(size_t i) const {
  const PartReader& part = parts_[part_of(i)];
  return part.place(entry(i));
}

void Documents::release() const {
  for (const PartReader& part : parts_) part.release();
}

}  // namespace persea::curation
