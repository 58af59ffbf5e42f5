#include "curate/contamination_rows.h"

#include <algorithm>
#include <stdexcept>

namespace persea::curate {

void RowMode::add_row(uint64_t row, uint32_t item, size_t n) {
  index_.add(row, item);
  lengths_.insert(n);
  if (with_rows_.empty() || with_rows_.back() != item) with_rows_.push_back(item);
}

void RowMode::add(uint32_t item, std::string_view text, size_t least, size_t n) {
  reader_->read(text, building_);
  const size_t words = building_.hashes.size();
  building_.row_hashes.read(building_.hashes);
  if (words < n) {
    if (words >= least) add_row(building_.row_hashes.row(0, words), item, words);
    return;
  }
  for (size_t i = 0; i + n <= words; ++i) add_row(building_.row_hashes.row(i, n), item, n);
}

void RowMode::add_across(uint32_t item, std::span<const uint64_t> words, size_t before, size_t n) {
  building_.row_hashes.read(words);
  for (size_t i = before >= n ? before - n + 1 : 0; i < before && i + n <= words.size(); ++i)
    if (i + n > before) add_row(building_.row_hashes.row(i, n), item, n);
}

void RowMode::finish(size_t items) {
  index_.build();
  left_out_.assign(index_.rows(), false);
  has_row_.assign(items, false);
  for (const uint32_t item : with_rows_) has_row_[item] = true;
  found_by_.assign(items, false);
  tell_items();
  order_.assign(lengths_.begin(), lengths_.end());
  if (!order_.empty()) std::rotate(order_.begin(), order_.end() - 1, order_.end());
  with_rows_ = {};
  building_ = {};
}

void RowMode::leave_out(const std::function<bool(uint32_t row)>& common) {
  for (uint32_t row = 0; row < index_.rows(); ++row) left_out_[row] = common(row);
  tell_items();
}

// Nobody may take an item for clean that no row leads to: not even where it stands in so many texts that none counts.
void RowMode::tell_items() {
  std::fill(found_by_.begin(), found_by_.end(), false);
  for (uint32_t row = 0; row < index_.rows(); ++row) {
    if (left_out_[row]) continue;
    for (const uint32_t item : index_.items(row)) found_by_[item] = true;
  }
}

// Calls met(first word, words, row) for each row of the text that counts, from left to right; it returns where to go
// on.
template <class Met>
void RowMode::walk(std::string_view text, ContaminationScratch& scratch, const Met& met) const {
  if (text.size() >= UINT32_MAX) throw std::logic_error("ContaminationIndex: a text of 4 GiB");
  reader_->read(text, scratch);
  scratch.row_hashes.read(scratch.hashes);
  const size_t words = scratch.hashes.size();
  for (size_t i = 0; i < words;) {
    size_t next = i + 1;
    for (const size_t n : order_) {
      if (i + n > words) continue;
      const uint32_t row = index_.find(scratch.row_hashes.row(i, n));
      if (row == NgramIndex::kNone || left_out_[row]) continue;
      next = met(i, n, row);
      break;
    }
    i = next;
  }
}

void RowMode::find_rows(std::string_view text, ContaminationScratch& scratch) const {
  scratch.places.clear();
  walk(text, scratch, [&](size_t i, size_t n, uint32_t) {
    scratch.places.push_back({scratch.begins[i], scratch.ends[i + n - 1]});
    return i + 1;
  });
}

void RowMode::find(std::string_view text, ContaminationScratch& scratch, std::vector<ContaminationHit>& hits) const {
  std::vector<ContaminationHit>& found = scratch.kept;
  found.clear();
  walk(text, scratch, [&](size_t i, size_t n, uint32_t row) {
    for (const uint32_t item : index_.items(row))
      found.push_back({item, {scratch.begins[i], scratch.ends[i + n - 1]}, 1.0, 0, 0});
    return i + 1;
  });
  // Rows of an item that overlap are one place.
  std::sort(found.begin(), found.end(), [](const ContaminationHit& a, const ContaminationHit& b) {
    return a.item != b.item ? a.item < b.item : a.place.begin < b.place.begin;
  });
  const size_t before = hits.size();
  for (const ContaminationHit& hit : found) {
    if (hits.size() > before && hits.back().item == hit.item && hit.place.begin < hits.back().place.end) {
      hits.back().place.end = std::max(hits.back().place.end, hit.place.end);
    } else {
      hits.push_back(hit);
    }
  }
  std::sort(hits.begin() + static_cast<int64_t>(before), hits.end(),
            [](const ContaminationHit& a, const ContaminationHit& b) {
              if (a.place.begin != b.place.begin) return a.place.begin < b.place.begin;
              return a.place.end != b.place.end ? a.place.end < b.place.end : a.item < b.item;
            });
}

void RowMode::count(std::string_view text, ContaminationScratch& scratch, ContaminationCounts& counts) const {
  walk(text, scratch, [&](size_t i, size_t n, uint32_t row) {
    if (counts[row] < UINT32_MAX) ++counts[row];
    return i + n;
  });
}

void RowMode::hash(Sha256& digest) const {
  index_.hash(digest);
  std::vector<uint8_t> left(left_out_.begin(), left_out_.end());
  add_vector(digest, left);
}

}  // namespace persea::curate
