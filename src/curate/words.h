// The words of an English text as datatrove's filters see them: spaCy's tokenizer and its sentencizer, by rules written
// by hand, byte for byte. It refuses to know other languages' rules, and to change the text.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "curate/affixes.h"
#include "curate/special_words.h"
#include "curate/table_hash.h"

namespace persea::curate {

struct Word {
  std::string_view text;           // a part of what was split
  uint64_t hash = 0;               // TableHash's of it
  uint32_t chars = 0;              // its length in characters
  bool space : 1 = false;          // white space: an own word for the splitter, none for the rules
  bool letter : 1 = false;         // has one (general category L)
  bool symbols : 1 = false;        // has nothing but datatrove's punctuation
  bool punct : 1 = false;          // has nothing but general category P
  bool ends_sentence : 1 = false;  // is a mark that does
};

// `text`, which is not empty, as one word.
Word word_of(std::string_view text);

// Words that come out of the splitter in pieces but are special when these stand together, to be found by their first
// two pieces.
struct RejoinedWords {
  struct Entry {
    const SpecialWord* word;
    std::vector<std::string_view> pieces;  // at least two
  };
  std::vector<Entry> entries;    // sorted by the hash of their first two pieces
  std::vector<uint64_t> hashes;  // these hashes
  std::vector<uint64_t> bits;    // a set of their low bits, to be asked first
};

// One splitter for each thread: it keeps its memory from text to text.
class WordSplitter {
 public:
  // The words of `text` without white space, in order; they are parts of `text`.
  void split(std::string_view text, std::vector<Word>& words);

  // The sentences of `text`, each from the end of the one before: together they are the text. One where it has no
  // words.
  void split_sentences(std::string_view text, std::vector<std::string_view>& sentences);

 private:
  struct Match {
    size_t first, last;  // words [first, last)
    const RejoinedWords::Entry* rejoined;
  };

  static const RejoinedWords& rejoined_words();  // built at the first call

  // The flags of the last character of a run, and those that all its characters have, with and without the last.
  struct RunFlags {
    uint16_t all = 0xffff, but_last = 0xffff, last = 0;
    bool ascii = true;
  };

  void tokenize(std::string_view text, std::vector<Word>& words);
  void split_run(std::string_view run, const RunFlags& flags, std::vector<Word>& words);
  void split_affixes(std::string_view run, bool with_special, std::vector<Word>& words);
  void split_middle(size_t begin, size_t end, std::vector<Word>& words);
  void push_parts(const SpecialWord& special, std::string_view text, std::vector<Word>& words) const;
  Word part_of_run(size_t begin, size_t end) const;
  void rejoin(std::vector<Word>& words);
  void find_matches(const std::vector<Word>& words);
  void keep_longest(size_t words);

  const TableHash* hash_ = &TableHash::get();
  const SpecialWords* special_ = &SpecialWords::english();
  Run run_;
  std::vector<Word> sentence_words_, rebuilt_;
  std::vector<std::pair<size_t, size_t>> suffixes_;  // of run_
  std::vector<Match> matches_;
  std::vector<bool> seen_;
};

}  // namespace persea::curate
