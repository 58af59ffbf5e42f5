// What the splitters and rules ask of a character: one word of flags for every code point, in two levels of 256. It
// refuses to know languages; the sets are those of the published rules (char_flags_data.h).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

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

// Those of the code points below 0x80.
extern const std::array<uint16_t, 128> kAsciiFlags;

uint16_t char_flags(uint32_t codepoint);  // 0 for what is no code point

// A character with its flags; broken bytes are U+FFFD, one for each longest beginning of a character.
struct CharAt {
  uint32_t codepoint;
  uint16_t flags;
  uint8_t bytes;
};

// The first and the last one of `text`, which is not empty.
CharAt first_wide_char(std::string_view text);  // its first byte is none of ASCII
inline CharAt first_char(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  return byte < 0x80 ? CharAt{byte, kAsciiFlags[byte], 1} : first_wide_char(text);
}
CharAt last_char(std::string_view text);

// How often first_char finds one in `text`.
size_t count_chars(std::string_view text);

// Without the spaces at the beginning, the end, or both.
std::string_view strip_left(std::string_view text);
std::string_view strip_right(std::string_view text);
std::string_view strip(std::string_view text);

}  // namespace persea::curate
