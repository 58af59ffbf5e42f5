// A part of a corpus on its way: the documents that were kept of a stretch of the sources, in their order, with the
// decisions on the others. Written in one go, so that a part is there whole or not at all; read through a mapping. It
// lies in a stage's scratch and is no format that lasts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "data/corpus.h"
#include "data/curation/tally.h"

namespace persea::curation {

// In place of each key of a document that has none.
inline constexpr uint64_t kNoKey = UINT64_MAX;

inline constexpr float kNotMeasured = std::numeric_limits<float>::quiet_NaN();

// Of one document. The layout is that of the file.
struct PartEntry {
  DocumentId id, read_id;  // of the text as it stays, and as it was read
  uint64_t text_offset;
  uint32_t text_bytes;
  uint32_t file;  // its number in the plan
  uint32_t place_offset, place_bytes;
  float quality, perplexity;  // or kNotMeasured; perplexity in bits for a byte
};
static_assert(sizeof(PartEntry) == 64);

struct Part {
  std::vector<PartEntry> entries;
  std::vector<uint64_t> keys;  // of near duplicates: as many a document as the recipe has bands
  std::string text, places, log;
  std::vector<Tally> tallies;  // one a source of the plan

  void add(std::string_view text, std::string_view place, PartEntry entry);
  Status write(const fs::path& path) const;
};

class PartReader {
 public:
  static Result<PartReader> open(const fs::path& path);
  std::span<const PartEntry> entries() const { return entries_; }
  std::string_view text(const PartEntry& entry) const { return text_.substr(entry.text_offset, entry.text_bytes); }
  std::string_view place(const PartEntry& entry) const { return places_.substr(entry.place_offset, entry.place_bytes); }
  // `bands` keys of document i, or none.
  std::span<const uint64_t> keys(size_t i, size_t bands) const {
    const auto keys = keys_.subspan(i * bands, bands);
    return std::all_of(keys.begin(), keys.end(), [](uint64_t key) { return key == kNoKey; }) ? keys.first(0) : keys;
  }
  std::string_view log() const { return log_; }
  const std::vector<Tally>& tallies() const { return tallies_; }
  void release() const { file_.release(); }  // gives its memory back until it is read again

 private:
  MappedFile file_;
  std::span<const PartEntry> entries_;
  std::span<const uint64_t> keys_;
  std::string_view text_, places_, log_;
  std::vector<Tally> tallies_;
};

}  // namespace persea::curation
