// The ways in which an evaluation item is written in other texts: its question, the question with an answer, a long
// answer. And what the words of a task say: little where most of its items have them.
#pragma once

#include <cstdint>
#include <unordered_map>
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

class TaskWords {
 public:
  // Of an item.
  void add(const std::vector<PlainForm>& forms);
  // What a word says in this task, at least 1.
  int bits(PlainWord word) const;

 private:
  std::unordered_map<PlainWord, uint32_t> items_;  // with that word
  std::vector<PlainWord> once_;
  uint32_t count_ = 0;
};

// Of items that were found, by their places, those that no other one at the same place fits better.
void keep_best(std::vector<ContaminationHit>& found, std::vector<ContaminationHit>& hits);

}  // namespace persea::curate
