// What is left of a character where case, accents, width and typography do not count: "É" is "e", "ß" is "ss", "ﬁ" is
// "fi". For comparing texts; it refuses to know languages, and to be shown to anybody.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace persea::unicode {

struct Folded {
  enum class Kind : uint8_t {
    separator,  // stands between words: spaces, punctuation, symbols
    letter,     // of a word
    digit,      // of a number
    nothing,    // is as if it were not there: marks, soft hyphens, joiners
    alone,      // is a word of its own: ideographs and other scripts without spaces
  };
  Kind kind = Kind::separator;
  uint8_t size = 0;
  char bytes[6] = {};  // the folded character in UTF-8, cut where it is longer (a few ligatures)

  std::string_view text() const { return {bytes, size}; }
};

class FoldTable {
 public:
  static const FoldTable&
  get();  // built at the first call, from Unicode's compatibility decomposition and case folding
  Folded at(uint32_t codepoint) const { return codepoint < table_.size() ? table_[codepoint] : beyond(codepoint); }

 private:
  FoldTable();
  static Folded beyond(uint32_t codepoint);
  std::vector<Folded> table_;  // of the code points below 0x20000
};

// Appends the character in lower case, taken apart (NFD) and without the nonspacing marks in it: what is left keeps its
// width and script.
void append_lower_bare(uint32_t codepoint, std::string& out);

}  // namespace persea::unicode
