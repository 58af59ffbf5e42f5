// What became of documents, counted: the funnel. Counts add up in any order to the same sums.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "curate/decision.h"

namespace persea::curation {

struct Count {
  int64_t documents = 0, bytes = 0;
  void add(int64_t document_bytes) {
    ++documents;
    bytes += document_bytes;
  }
};

// Documents by length: entry i those of 2^i to 2^(i+1) - 1 bytes.
using LengthCounts = std::array<int64_t, 40>;
void count_length(LengthCounts& lengths, int64_t bytes);

// Of one source.
struct Tally {
  int64_t files = 0;
  Count read, kept;
  std::map<std::string, int64_t> skipped;                       // what was no text, by reason
  std::map<std::string, std::map<std::string, Count>> dropped;  // step, reason
  std::map<std::string, std::map<std::string, Count>> changed;  // step, reason; bytes: those cut out
  LengthCounts read_lengths{}, kept_lengths{};
  int64_t replaced = 0;  // bytes that were no character

  void add(const Tally& other);
  Json json() const;
  static Result<Tally> from_json(const Json& json, std::string_view where);
};

// Counts what was decided on a text of so many bytes, and was not to keep it whole.
void count_decision(const curate::Decision& decision, const std::string& step, int64_t bytes, Tally& tally);

}  // namespace persea::curation
