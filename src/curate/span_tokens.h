// The tokens that exact spans are made of: runs of letters, marks and digits, and every other character by itself, as
// it is written; white space only parts them. Characters of scripts that are written without spaces stand by
// themselves too. A row of tokens is equal to another whatever white space stands between them.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "curate/char_flags.h"

namespace persea::curate {

enum class SpanClass : uint8_t { space, run, single };

SpanClass wide_span_class(const CharAt& c);  // of a character beyond ASCII

inline constexpr std::array<SpanClass, 128> kAsciiSpanClasses = [] {
  std::array<SpanClass, 128> classes{};
  for (size_t c = 0; c < classes.size(); ++c) {
    const bool run = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const bool space = c == ' ' || (c >= 0x9 && c <= 0xd) || (c >= 0x1c && c <= 0x1f);
    classes[c] = run ? SpanClass::run : space ? SpanClass::space : SpanClass::single;
  }
  return classes;
}();

inline SpanClass span_class(const CharAt& c) {
  return c.codepoint < 0x80 ? kAsciiSpanClasses[c.codepoint] : wide_span_class(c);
}

// Goes from token to token. Begun at any token of a text it finds the same ones from there on.
class SpanTokens {
 public:
  explicit SpanTokens(std::string_view text, size_t at = 0) : text_(text), behind_(at) {}

  // Moves to the next token; false where there is none, and then begin() is the text's end.
  bool next() {
    size_t at = behind_;
    Char c{SpanClass::space, 0};
    while (at < text_.size() && (c = char_at(at)).kind == SpanClass::space) at += c.bytes;
    begin_ = at;
    if (at == text_.size()) {
      behind_ = at;
      return false;
    }
    at += c.bytes;
    if (c.kind == SpanClass::run) at = run_end(at);
    behind_ = at;
    return true;
  }

  size_t begin() const { return begin_; }  // of the token, in the text
  size_t end() const { return behind_; }
  std::string_view token() const { return text_.substr(begin_, behind_ - begin_); }

 private:
  struct Char {
    SpanClass kind;
    uint8_t bytes;
  };
  Char char_at(size_t at) const {
    const auto byte = static_cast<unsigned char>(text_[at]);
    if (byte < 0x80) return {kAsciiSpanClasses[byte], 1};
    const CharAt c = first_wide_char(text_.substr(at));
    return {wide_span_class(c), c.bytes};
  }

  // A bit at the top of each of eight bytes that is no letter or digit of ASCII.
  static uint64_t not_run(uint64_t bytes) {
    constexpr uint64_t kOnes = 0x0101010101010101, kTop = 0x80 * kOnes;
    const uint64_t low = bytes & ~kTop, small = low | 0x20 * kOnes;  // no carry into the next byte below
    const uint64_t letter = (small + (0x80 - 'a') * kOnes) & ~(small + (0x80 - 'z' - 1) * kOnes);
    const uint64_t digit = (low + (0x80 - '0') * kOnes) & ~(low + (0x80 - '9' - 1) * kOnes);
    return (~(letter | digit) | bytes) & kTop;
  }

  size_t run_end(size_t at) const {
    static_assert(std::endian::native == std::endian::little, "the first byte has to be the lowest");
    while (true) {
      while (at + 8 <= text_.size()) {
        uint64_t bytes;
        std::memcpy(&bytes, text_.data() + at, 8);
        if (const uint64_t stop = not_run(bytes)) {
          at += static_cast<size_t>(std::countr_zero(stop)) / 8;
          if (static_cast<unsigned char>(text_[at]) < 0x80) return at;
          break;
        }
        at += 8;
      }
      if (at == text_.size()) return at;
      const Char c = char_at(at);
      if (c.kind != SpanClass::run) return at;
      at += c.bytes;
    }
  }

  std::string_view text_;
  size_t begin_ = 0, behind_;
};

}  // namespace persea::curate
