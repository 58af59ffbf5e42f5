// The words of a text as they are in every copy of it: without case, accents, punctuation and white space, as numbers
// that are equal where the words are. Letters and digits part ("900km" is two words), an apostrophe or underscore
// inside a word and a comma inside a number do not; an ideograph is a word. It refuses to be shown: only places lead
// back to the text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace persea::curate {

// 31 bits of a hash that is the same everywhere, and whether it is a number (lowest bit). Two words of a window of a
// few hundred are taken for one in one of five million windows.
using PlainWord = uint32_t;
inline bool is_number(PlainWord word) { return (word & 1) != 0; }

// One for each thread: it keeps its memory from text to text.
struct PlainWords {
  std::vector<PlainWord> words;
  std::vector<uint32_t> begins, ends;  // bytes [begin, end) of each in the text
  std::vector<uint32_t> telling;       // which words are rare enough to look for copies by

  // Of UTF-8, broken or not, of under 4 GiB (else std::logic_error).
  void read(std::string_view text);
  // Gives back the memory of a long text.
  void shrink();
};

// The first word of `text` alone; 0 where it has none.
PlainWord plain_word(std::string_view text);

// How many bits a word says at most: those of a frequent word of English or German, else kRareBits.
inline constexpr int kRareBits = 13;
int plain_word_bits(PlainWord word);
// Whether it says enough to look for copies by.
bool is_telling(PlainWord word);

}  // namespace persea::curate
