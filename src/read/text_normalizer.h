// The form that text has everywhere behind this folder: UTF-8 without broken characters, line ends \n, no byte-order
// mark, no NUL; and where a long text is cut. It knows no other encodings (charset.h does).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace persea::read {

// Brings text into that form, piece by piece: what is no UTF-8, and NUL, becomes U+FFFD. Pieces may end anywhere.
class TextNormalizer {
 public:
  void add(std::string_view bytes, std::string& out);
  void finish(std::string& out);                  // what the last piece left over; the next piece begins a new text
  int64_t replaced() const { return replaced_; }  // bytes that were no character

 private:
  void put(std::string_view bytes, std::string& out);
  void put_line(std::string_view bytes, std::string& out);
  void mend(std::string_view bytes, std::string& out);
  std::string held_;  // the beginning of a character
  bool first_ = true, carriage_return_ = false;
  int64_t replaced_ = 0;
};

// All of a text at once. Returns how many bytes were no character.
int64_t normalize(std::string_view bytes, std::string& out);

// Where to cut `text` so that the first part has at most `limit` bytes: behind an empty line, else a line, else a word,
// else between two characters.
size_t cut_point(std::string_view text, size_t limit);

// Nothing but white space.
bool blank(std::string_view text);

}  // namespace persea::read
