// What the tokenizer has to know of Unicode: the class of a character, reading UTF-8 that may be broken, and the
// canonical composition (NFC) that some vocabularies ask for. It refuses to know scripts or languages, and to change
// case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace persea::unicode {

// The classes that pre-tokenizers tell apart. A newline is \r or \n, any other White_Space is a space.
enum class CharClass : uint8_t { other, letter, number, space, newline };

// Where words end at changes of case: upper and title case letters, lower case letters, and what goes with both: other
// letters and marks.
enum class CharCase : uint8_t { none, upper, lower, either };

// A class of every code point, in two levels of 256.
template <class Class>
class ClassTable {
 public:
  static const ClassTable& get();       // built at the first call
  Class at(uint32_t codepoint) const {  // codepoint < 0x110000
    return static_cast<Class>(classes_[block_[codepoint >> 8] * 256 + (codepoint & 255)]);
  }
  Class ascii(unsigned char byte) const { return static_cast<Class>(classes_[byte]); }  // byte < 0x80

 private:
  explicit ClassTable(const std::vector<uint8_t>& flat);
  std::vector<uint8_t> classes_;  // block 0 is the code points below 256
  std::vector<uint16_t> block_;
};
using CharTable = ClassTable<CharClass>;
using CaseTable = ClassTable<CharCase>;

inline constexpr uint32_t kReplacement = 0xfffd;

// One character of text that may be broken: a well-formed sequence, or the longest beginning of one that is not
// finished (at least one byte), which stands for U+FFFD as in Unicode's recommended practice (3.9, "maximal subpart").
struct Decoded {
  uint32_t codepoint;
  int bytes;
  bool valid;
};
Decoded decode_utf8(const char* begin, const char* end);  // begin < end

void append_utf8(uint32_t codepoint, std::string& out);

// `text` with each broken sequence replaced by U+FFFD.
std::string to_valid_utf8(std::string_view text);

// How many bytes at the end of `text` are the beginning of a character that later bytes could complete: 0 to 3.
size_t incomplete_suffix(std::string_view text);

// Normalization form C. Broken bytes stay as they are.
std::string nfc(std::string_view text);

}  // namespace persea::unicode
