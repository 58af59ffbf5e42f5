// Copies of texts in which numbers or names were altered: the same words in the same order, but other figures, dates,
// people or places. They are found for people to look at, not to be removed: a form letter and a forged report look
// alike from here.
//
// How: keys of the masked text (AlteredCopyKeys) go to NearDuplicates, in the order of preference; among what belongs
// together find_altered_copies aligns each text word by word with the first ones and tells what differs. Texts are
// compared with at most kLeaders others, so time grows with the texts' size alone.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "curate/masked_text.h"
#include "curate/minhash.h"
#include "curate/repeated_spans.h"
#include "curate/settings.h"

namespace persea::curate {

struct AlteredCopySettings {
  static constexpr bool kZeroIsOff = false;

  int64_t min_words = 20;         // that are neither number nor name, in each of the two texts
  double max_masked_share = 0.5;  // of numbers and names among all words: lists and tables are no copies
  double max_other_share = 0.02;  // of words that differ otherwise, in either text

  template <class Visit>
  void fields(const Visit& visit) {
    visit("min_words", min_words);
    visit("max_masked_share", max_masked_share);
    visit("max_other_share", max_other_share);
  }
};

enum class DifferenceKind : uint8_t { number, name, other };

// The bytes that differ in the original and in the copy; one of them is empty where words were put in or left out.
struct Difference {
  DifferenceKind kind;
  Place original, copy;
};

struct AlteredCopy {
  uint32_t original, copy;              // documents; the original comes first
  std::vector<Difference> differences;  // in order; at least one is a number or a name
};

// One for each thread. Masked words, 5 to a shingle, 14 bands of 8 rows.
class AlteredCopyKeys {
 public:
  static constexpr size_t kBands = 14;
  explicit AlteredCopyKeys(const AlteredCopySettings& settings);

  // Writes kBands keys. False where the text has too few words or too many masked ones to be looked at.
  bool keys(std::string_view text, std::span<uint64_t> out);

 private:
  AlteredCopySettings settings_;
  MinHasher hasher_;
  std::vector<MaskedWord> words_;
  std::string masked_;
};

// What differs between two texts if the second is an altered copy of the first: nothing where it is none, be it equal,
// or different otherwise.
class TextAligner {
 public:
  explicit TextAligner(const AlteredCopySettings& settings) : settings_(settings) {}
  enum class Verdict : uint8_t { different, same, altered };  // same: but for words that are no numbers or names
  Verdict compare(std::string_view original, std::string_view copy, std::vector<Difference>& differences);

 private:
  using Match = std::pair<uint32_t, uint32_t>;  // words of the two texts
  bool equal(size_t i, size_t k) const;
  bool align(size_t most);
  void trace(size_t steps);
  bool same_mask(const MaskedWord& one, const MaskedWord& other) const;
  void add_gap(const Match& before, const Match& behind, std::vector<Difference>& differences) const;

  AlteredCopySettings settings_;
  std::string_view original_, copy_;
  std::vector<MaskedWord> a_, b_;
  std::vector<int64_t> reached_;  // Myers' furthest points, the rows of all steps one behind the other
  std::vector<Match> matches_;
};

// `first` is NearDuplicates::clusters() of the keys above. Calls `sink` by the calling thread, in the order of the
// clusters' first documents, then of the copies; the same under any number of threads. Fails where `sink` does or a
// setting is out of bounds.
Status find_altered_copies(std::span<const uint32_t> first, const TextOf& text_of, const AlteredCopySettings& settings,
                           const std::function<Status(const AlteredCopy&)>& sink);

}  // namespace persea::curate
