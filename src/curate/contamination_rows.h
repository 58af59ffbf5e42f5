// What the published modes share: rows of words of items in an index, and where a text has one of them.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "curate/contamination_mode.h"
#include "curate/ngram_index.h"

namespace persea::curate {

// A mode's words: their hashes and places to scratch.hashes, begins and ends.
class RowReader {
 public:
  virtual ~RowReader() = default;
  virtual void read(std::string_view text, ContaminationScratch& scratch) const = 0;
};

class RowMode : public ContaminationMode {
 public:
  explicit RowMode(std::unique_ptr<RowReader> reader) : reader_(std::move(reader)) {}

  size_t bytes() const override { return index_.bytes() + left_out_.size() / 8 + found_by_.size() / 4; }
  std::string_view untellable(uint32_t item) const override {
    if (found_by_[item]) return "";
    return has_row_[item] ? "has only rows that many other items or texts have too"
                          : "has fewer words than a row that is looked for";
  }
  void find(std::string_view text, ContaminationScratch& scratch, std::vector<ContaminationHit>& hits) const override;
  void count(std::string_view text, ContaminationScratch& scratch, ContaminationCounts& counts) const override;
  void hash(Sha256& digest) const override;

 protected:
  // All rows of n words of `text`; where it has fewer, but at least `least`, all of it as one row.
  void add(uint32_t item, std::string_view text, size_t least, size_t n);
  // All rows of n words that stand neither in the first `before` words of `text` nor in those behind.
  void add_across(uint32_t item, std::span<const uint64_t> words, size_t before, size_t n);
  void finish(size_t items);
  size_t rows() const { return index_.rows(); }
  void leave_out(const std::function<bool(uint32_t row)>& common);
  // The places of all rows of the text that count, in order, to scratch.places.
  void find_rows(std::string_view text, ContaminationScratch& scratch) const;
  const RowReader& reader() const { return *reader_; }

 private:
  template <class Met>
  void walk(std::string_view text, ContaminationScratch& scratch, const Met& met) const;
  void add_row(uint64_t row, uint32_t item, size_t n);
  void tell_items();

  std::unique_ptr<RowReader> reader_;
  NgramIndex index_;
  std::set<size_t> lengths_;
  std::vector<size_t> order_;   // of lengths: the longest first, then rising
  std::vector<bool> left_out_;  // of each row
  std::vector<bool> has_row_;   // of each item
  std::vector<bool> found_by_;  // and whether one of its rows counts and leads to it
  std::vector<uint32_t> with_rows_;
  ContaminationScratch building_;
};

}  // namespace persea::curate
