// The ways in which an evaluation item is written in other texts: its question, the question with an answer, a long
// answer. And what words say among items: little where many
// have them.
#pragma once

#include <cstdint>
#include <vector>

#include "curate/contamination.h"
#include "curate/plain_words.h"

namespace persea::curate {

// Forms of more words are cut into pieces of about the same length, each of which stands for the item.
inline constexpr size_t kMostFormWords = 256;

struct FormOptions {
  bool contexts = false, answers = true;
};

struct PlainForm {
  std::vector<PlainWord> words;
  bool joined = false;  // as a copy has them whose punctuation was deleted, so that words ran together
};

// The shorter ones first.
std::vector<PlainForm> plain_forms(const EvaluationItem& item, const FormOptions& options);

// How many items have each word: of a task, or of all. Counted in a table of counters that words may share, so never
// too few.
class WordShares {
 public:
  // An item, by its forms.
  void add(const std::vector<PlainForm>& forms);
  // What a word says among these items, from 1 to `most`; and behind another one (0: at the beginning).
  int bits(PlainWord word, int most) const;
  int bits_behind(PlainWord before, PlainWord word, int most) const;
  void clear();

 private:
  static constexpr int kTableBits = 20;
  static size_t slot(PlainWord word) { return word >> (32 - kTableBits); }
  static size_t slot(PlainWord before, PlainWord word) {
    return (before * 0x9e3779b97f4a7c15 + word) * 0xd1b54a32d192ed03 >> (64 - kTableBits);
  }
  // Counts by slot. It takes memory once there are enough items to ask it, and forgets in as many steps as it counted:
  // there may be very many tasks of a few items each.
  struct Table {
    std::vector<uint32_t> counts, counted;  // counted: slots that are not 0, or those that wait for memory
    void add(size_t slot);
    void take_memory();
    void clear();
    uint32_t at(size_t slot) const { return counts.empty() ? 0 : counts[slot]; }
  };
  Table counts_, pairs_;
  std::vector<size_t> once_;
  uint32_t items_ = 0;
};

// Of items that were found, by their places, those that no other one at the same place fits better.
void keep_best(std::vector<ContaminationHit>& found, std::vector<ContaminationHit>& hits);

}  // namespace persea::curate
