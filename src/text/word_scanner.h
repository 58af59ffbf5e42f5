// Finds the words of a text by a Split rule, one after the other, without a regular expression. It stands in a header
// because encoding spends its time here and has to inline it. Broken UTF-8 counts as signs: neither letter, number nor
// space.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "text/split.h"
#include "text/unicode.h"

namespace persea {

class WordScanner {
 public:
  // Reads no byte at or behind `end`.
  WordScanner(const Split& split, const char* end)
      : table_(unicode::CharTable::get()),
        cases_(unicode::CaseTable::get()),
        end_(end),
        rule_(split.rule),
        digits_(split.digits) {}

  // The end of the word that begins at p; p < end, and p is the text's begin or an earlier word's end.
  const char* word_end(const char* p) const {
    switch (rule_) {
      case SplitRule::none:
        return end_;
      case SplitRule::gpt2:
        return gpt2(p);
      case SplitRule::gpt2_digits:
        return gpt2_digits(p);
      case SplitRule::o200k:
        return o200k(p);
      case SplitRule::gpt4:
        break;
    }
    return gpt4(p);
  }

 private:
  using Class = unicode::CharClass;
  using Case = unicode::CharCase;
  struct Char {
    Class kind;
    int bytes;
  };

  Char at(const char* p) const {
    const auto byte = static_cast<unsigned char>(*p);
    if (byte < 0x80) return {table_.ascii(byte), 1};
    if (byte >= 0xc2 && byte < 0xe0 && end_ - p > 1 && (p[1] & 0xc0) == 0x80)
      return {table_.at((byte & 0x1fu) << 6 | (static_cast<unsigned char>(p[1]) & 0x3fu)), 2};
    const unicode::Decoded c = unicode::decode_utf8(p, end_);
    return {table_.at(c.codepoint), c.bytes};
  }
  bool is(const char* p, Class kind) const { return p < end_ && at(p).kind == kind; }

  // A bit at the top of each of eight bytes that is no ASCII letter.
  static uint64_t not_letters(uint64_t bytes) {
    constexpr uint64_t kOnes = 0x0101010101010101, kTop = 0x80 * kOnes;
    const uint64_t low = (bytes | 0x20 * kOnes) & ~kTop;  // lower case, and no carry into the next byte below
    const uint64_t from_a = low + (0x80 - 'a') * kOnes, above_z = low + (0x80 - 'z' - 1) * kOnes;
    return (~from_a | above_z | bytes) & kTop;
  }

  const char* skip_letters(const char* p) const {
    static_assert(std::endian::native == std::endian::little, "the first byte has to be the lowest");
    while (true) {
      while (end_ - p >= 8) {
        uint64_t bytes;
        std::memcpy(&bytes, p, 8);
        if (const uint64_t stop = not_letters(bytes)) {
          p += std::countr_zero(stop) / 8;
          if (static_cast<unsigned char>(*p) < 0x80) return p;
          break;
        }
        p += 8;
      }
      if (p == end_) return p;
      const Char c = at(p);
      if (c.kind != Class::letter) return p;
      p += c.bytes;
    }
  }
  const char* skip(const char* p, Class kind) const {
    while (p < end_) {
      const Char c = at(p);
      if (c.kind != kind) break;
      p += c.bytes;
    }
    return p;
  }

  // \s+(?!\S)|\s+ : a run of white space leaves its last character to the word behind it.
  // `lines`: \s*[\r\n]+ comes first, a run that has a line end is cut behind its last one.
  const char* white_space(const char* p, bool lines) const {
    const char *last = p, *line = nullptr, *q = p;
    while (q < end_) {
      const Char c = at(q);
      if (c.kind != Class::space && c.kind != Class::newline) break;
      last = q;
      q += c.bytes;
      if (c.kind == Class::newline) line = q;
    }
    if (lines && line) return line;
    return q == end_ || last == p ? q : last;
  }

  // 's 't 'm 'd 're 've 'll behind the apostrophe at p; nullptr where there is none.
  const char* contraction(const char* p, bool any_case) const {
    const ptrdiff_t left = end_ - p;
    if (left < 2) return nullptr;
    const char fold = any_case ? 0x20 : 0;
    const auto letter = [&](int i) { return static_cast<char>(p[i] >= 'A' && p[i] <= 'Z' ? p[i] | fold : p[i]); };
    const char a = letter(1);
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return p + 2;
    if (left < 3) return nullptr;
    const char b = letter(2);
    if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return p + 3;
    if (any_case && std::memcmp(p + 1, "\xc5\xbf", 2) == 0) return p + 3;  // U+017F, the long s, is an s of either case
    return nullptr;
  }

  const char* gpt2(const char* p) const {
    const char* q = p + (*p == ' ');
    if (q < end_) {
      const Char c = at(q);
      if (c.kind == Class::letter) return skip_letters(q + c.bytes);
      if (*p == '\'') {
        if (const char* e = contraction(p, false)) return e;
      }
      if (c.kind == Class::number || c.kind == Class::other) return skip(q + c.bytes, c.kind);
    }
    return white_space(p, false);
  }

  // A number is a word, and what is before it ends where a text would.
  const char* gpt2_digits(const char* p) const {
    const Char c = at(p);
    if (c.kind == Class::number) return p + c.bytes;
    if (c.kind == Class::space || c.kind == Class::newline) {
      const char* q = p;
      while (q < end_ && (is(q, Class::space) || is(q, Class::newline))) q += at(q).bytes;
      if (is(q, Class::number)) return q;
    }
    return gpt2(p);
  }

  const char* gpt4(const char* p) const {
    const Char c = at(p);
    if (c.kind == Class::letter) return skip_letters(p + c.bytes);
    if (c.kind == Class::number) {
      const char* q = p + c.bytes;
      for (int n = 1; n < digits_ && is(q, Class::number); ++n) q += at(q).bytes;
      return q;
    }
    if (c.kind != Class::newline) {
      if (*p == '\'') {
        if (const char* e = contraction(p, true)) return e;
      }
      const char* q = p + c.bytes;
      if (q < end_) {
        const Char next = at(q);
        if (next.kind == Class::letter) return skip_letters(q + next.bytes);
        if (c.kind == Class::other || (*p == ' ' && next.kind == Class::other)) return signs(q);
      } else if (c.kind == Class::other) {
        return q;
      }
    }
    return white_space(p, true);
  }
  const char* signs(const char* p) const { return skip(skip(p, Class::other), Class::newline); }

  struct Cased {
    Case kind;
    int bytes;
  };
  Cased cased(const char* p) const {
    if (p == end_) return {Case::none, 0};
    const auto byte = static_cast<unsigned char>(*p);
    if (byte < 0x80) return {cases_.ascii(byte), 1};
    const unicode::Decoded c = unicode::decode_utf8(p, end_);
    return {c.valid ? cases_.at(c.codepoint) : Case::none, c.bytes};
  }
  // [Lu Lt Lm Lo M]*[Ll Lm Lo M]+ from p, or, with `capitals`, [Lu Lt Lm Lo M]+[Ll Lm Lo M]*; nullptr where it is not.
  const char* letters(const char* p, bool capitals) const {
    const char *q = p, *both = nullptr;  // both: behind the last character that either part may take
    Cased c = cased(q);
    for (; c.kind == Case::upper || c.kind == Case::either; c = cased(q)) {
      q += c.bytes;
      if (c.kind == Case::either) both = q;
    }
    if (capitals) return q > p ? q : nullptr;  // no lower case follows, or it would not come to this
    if (c.kind != Case::lower) return both;
    for (; c.kind == Case::lower || c.kind == Case::either; c = cased(q)) q += c.bytes;
    return q;
  }
  const char* o200k(const char* p) const {
    const Char c = at(p);
    const bool prefix = c.kind != Class::newline && c.kind != Class::letter && c.kind != Class::number;
    for (const bool capitals : {false, true}) {
      const char* word = prefix ? letters(p + c.bytes, capitals) : nullptr;
      if (!word) word = letters(p, capitals);
      if (!word) continue;
      const char* more = word < end_ && *word == '\'' ? contraction(word, true) : nullptr;
      return more ? more : word;
    }
    if (c.kind == Class::number) {
      const char* q = p + c.bytes;
      for (int n = 1; n < 3 && is(q, Class::number); ++n) q += at(q).bytes;
      return q;
    }
    const char* q = p + (*p == ' ');
    if (is(q, Class::other)) {
      q = skip(q, Class::other);
      while (q < end_ && (*q == '/' || *q == '\r' || *q == '\n')) ++q;
      return q;
    }
    return white_space(p, true);
  }

  const unicode::CharTable& table_;
  const unicode::CaseTable& cases_;
  const char* end_;
  SplitRule rule_;
  int digits_;
};

}  // namespace persea
