// All documents that were judged worth keeping, by number, over the parts they lie in. A document of a lower number is
// preferred to its copies: sources stand in the recipe's order.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "data/curation/part.h"

namespace persea::curation {

class Documents {
 public:
  static Result<Documents> open(const std::vector<fs::path>& parts);

  size_t size() const { return firsts_.back(); }
  const PartEntry& entry(size_t i) const;
  std::string_view text(size_t i) const;  // safe on all threads
  std::string_view place(size_t i) const;

  size_t parts() const { return parts_.size(); }
  const PartReader& part(size_t p) const { return parts_[p]; }
  size_t first_of(size_t p) const { return firsts_[p]; }  // the number of a part's first document

  // The system may take back the memory of a part's pages; they are read from the disk when they are wanted again.
  void release(size_t p) const { parts_[p].release(); }
  void release() const;

 private:
  size_t part_of(size_t i) const;
  std::vector<PartReader> parts_;
  std::vector<size_t> firsts_ = {0};
};

}  // namespace persea::curation
