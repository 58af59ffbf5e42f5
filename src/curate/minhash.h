// MinHash signatures of texts (Broder 1997), cut into bands (Indyk and Motwani 1998): two texts whose sets of shingles
// have the Jaccard similarity s share the key of at least one band with the probability 1 - (1 - s^rows)^bands. Keys
// depend on the text and the settings alone: they are the same on every machine and may be kept. It compares nothing;
// near_duplicates.h does.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "curate/settings.h"
#include "curate/words.h"

namespace persea::curate {

struct MinHashSettings {
  static constexpr bool kZeroIsOff = false;

  std::string unit = "words";  // what a shingle is a row of: "words" (spaCy's for English) or "characters"
  int64_t shingle = 5;         // how many of them
  int64_t bands = 14, rows = 8;
  bool simplify = true;      // the text is simplified first (simplify.h), as datatrove does
  bool short_texts = false;  // whether a text of fewer units than a shingle counts as one shingle
  int64_t seed = 1;

  template <class Visit>
  void fields(const Visit& visit) {
    visit("unit", unit);
    visit("shingle", shingle);
    visit("bands", bands);
    visit("rows", rows);
    visit("simplify", simplify);
    visit("short_texts", short_texts);
    visit("seed", seed);
  }
};

// The sets that have been published, by name: "datatrove" (words, 5; 14 x 8), "nemo" (characters as they are, 24;
// 20 x 13), "redpajama-0.7", "redpajama-0.8", "redpajama-0.9" (words, 13; 14 x 9, 9 x 13, 5 x 25), "text-dedup" (words,
// 5; the best of 240 hashes for 0.7). Shingles are cut as the settings say, not as each of these programs cuts words.
const std::vector<std::string>& minhash_names();

// From the name of a published set, or an object: `set` names the one that it begins with ("datatrove" where it is not
// said), its other keys are settings. Fails with the key that is unknown, of another type or out of bounds.
Result<MinHashSettings> minhash_settings(const Json& said);

// Bands and rows of at most `hashes` hashes in all, which keep the sum of what is wrongly found below `threshold` and
// wrongly missed above it least, all similarities being equally frequent (Zhu et al. 2016, as datasketch chooses them).
// Hashes from 1 to 4096, threshold inside 0 and 1, else std::logic_error.
struct Banding {
  int64_t bands, rows;
};
Banding best_banding(int64_t hashes, double threshold);

// 1 - (1 - similarity^rows)^bands.
double found_probability(double similarity, const Banding& banding);

// One for each thread: it keeps its memory from text to text. Copies are independent.
class MinHasher {
 public:
  // Fails where a setting is out of bounds.
  static Result<MinHasher> create(const MinHashSettings& settings);

  size_t bands() const { return static_cast<size_t>(settings_.bands); }

  // Writes a key for each band to `out`, which has bands() places, else std::logic_error. False where the text has
  // fewer units than a shingle (with `short_texts`: none at all): such a text has no keys and is like no other; what
  // equals it exactly is found by exact duplicates. Time and memory grow with the text.
  bool keys(std::string_view text, std::span<uint64_t> out);

  // The hashes of the text's shingles in their order, also those that come again: what the set is that keys() samples.
  const std::vector<uint32_t>& shingles(std::string_view text);

 private:
  explicit MinHasher(const MinHashSettings& settings);
  void hash_words(std::string_view text);
  void hash_simplified_words(std::string_view text);
  void hash_characters(std::string_view text);
  void add_rows(size_t first);

  MinHashSettings settings_;
  std::vector<uint32_t> factors_, terms_, least_;  // one for each hash, in whole groups
  std::string simplified_;
  WordSplitter splitter_;
  std::vector<Word> words_;
  std::vector<uint64_t> units_;     // the hashes of the units
  std::vector<uint32_t> shingles_;  // and of the shingles
};

}  // namespace persea::curate
