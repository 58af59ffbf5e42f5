// What the splitters and rules ask of a character: one word of flags for every code point, in two levels of 256. It
// refuses to know languages; the sets are those of the published rules (char_flags_data.h).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace persea::curate {

// The bits' order is that of the data.
enum CharFlag : uint16_t {
  kSpace = 1 << 0,         // Python's str.isspace: White_Space and the four separators 0x1c to 0x1f
  kAlpha = 1 << 1,         // what spaCy's infixes take for a letter
  kLower = 1 << 2,         // of these, those that may be lower case
  kUpper = 1 << 3,         // or upper case
  kPrefix = 1 << 4,        // is cut off the beginning of a word ('+' and dots have rules of their own)
  kSuffix = 1 << 5,        // is cut off the end of a word
  kIcon = 1 << 6,          // a symbol that is cut out of the middle of a word
  kBeforePeriod = 1 << 7,  // a period behind it is cut off
  kQuote = 1 << 8,         // a quotation mark or bracket, around which periods part words
  kLetter = 1 << 9,        // general category L
  kSymbol = 1 << 10,       // datatrove's punctuation: a word of nothing else does not count
  kPunct = 1 << 11,        // general category P
  kSentenceEnd = 1 << 12,  // ends a sentence as a word of its own
  kTerminal = 1 << 13,     // ends a line in FineWeb's sense
  kDecimal = 1 << 14,      // general category Nd
  kWordChar = 1 << 15,     // \w
};

class CharFlags {
 public:
  static const CharFlags& get();                                     // built at the first call
  uint16_t at(uint32_t codepoint) const;                             // 0 for what is no code point
  uint16_t ascii(unsigned char byte) const { return flags_[byte]; }  // byte < 0x80

 private:
  CharFlags();
  std::vector<uint16_t> flags_;  // block 0 is the code points below 256
  std::vector<uint16_t> block_;
};

inline uint16_t CharFlags::at(uint32_t codepoint) const {
  return codepoint < 0x110000 ? flags_[static_cast<size_t>(block_[codepoint >> 8]) * 256 + (codepoint & 255)] : 0;
}

// The flags of the first and the last character of `text`, which is not empty; broken bytes are U+FFFD.
struct CharAt {
  uint32_t codepoint;
  uint16_t flags;
  uint8_t bytes;
};
CharAt first_char(std::string_view text);
CharAt last_char(std::string_view text);

// Characters of UTF-8: bytes that continue none.
size_t count_chars(std::string_view text);

// Without the spaces at the beginning, the end, or both.
std::string_view strip_left(std::string_view text);
std::string_view strip_right(std::string_view text);
std::string_view strip(std::string_view text);

}  // namespace persea::curate
