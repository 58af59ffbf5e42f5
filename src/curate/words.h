// The words of an English text as datatrove's filters see them: spaCy's tokenizer and its sentencizer, by rules written
// by hand, byte for byte. It refuses to know other languages' rules, and to change the text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "curate/affixes.h"
#include "curate/special_words.h"

namespace persea::curate {

struct Word {
  std::string_view text;  // a part of what was split
  uint64_t hash = 0;      // hash64 of it
  uint32_t chars = 0;     // its length in characters
  bool space = false;     // white space: an own word for the splitter, none for the rules
  bool letter = false;    // has one (general category L)
  bool symbols = false;   // has nothing but datatrove's punctuation
  bool punct = false;     // has nothing but general category P
  bool ends_sentence = false;
};

// `text`, which is not empty, as one word.
Word word_of(std::string_view text);

// One splitter for each thread: it keeps its memory from text to text.
class WordSplitter {
 public:
  WordSplitter();

  // The words of `text` without white space, in order; they are parts of `text`.
  void split(std::string_view text, std::vector<Word>& words);

  // The sentences of `text`, each from the end of the one before: together they are the text. One where it has no
  // words.
  void split_sentences(std::string_view text, std::vector<std::string_view>& sentences);

 private:
  // Words that come out of the splitter in pieces but are special when these stand together.
  struct Rejoined {
    const SpecialWord* word;
    std::vector<std::string_view> pieces;  // at least two
  };
  struct Match {
    size_t first, last;  // words [first, last)
    const Rejoined* rejoined;
  };

  void tokenize(std::string_view text, std::vector<Word>& words);
  void split_run(std::string_view run, bool with_special, std::vector<Word>& words);
  void split_middle(size_t begin, size_t end, std::vector<Word>& words);
  void rejoin(std::vector<Word>& words);
  void find_matches(const std::vector<Word>& words);
  void keep_longest(size_t words);

  const SpecialWords& special_;
  std::vector<Rejoined> rejoined_;     // sorted by the hash of their first two pieces
  std::vector<uint64_t> pair_hashes_;  // of rejoined_
  std::vector<uint64_t> pair_bits_;    // a set of these hashes' low bits, to be asked first
  Run run_;
  std::vector<Word> sentence_words_, rebuilt_;
  std::vector<std::string_view> suffixes_;
  std::vector<Match> matches_;
  std::vector<bool> seen_;
};

}  // namespace persea::curate
