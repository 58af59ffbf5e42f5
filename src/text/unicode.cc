#include "text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

#include "text/case_ranges.h"
#include "text/unicode_ranges.h"

namespace persea::unicode {

namespace {

constexpr uint32_t kEnd = 0x110000;

template <class Ranges, class Class>
void set(std::vector<uint8_t>& flat, const Ranges& ranges, Class value) {
  for (const auto& range : ranges) {
    uint32_t step = 1;
    if constexpr (requires { range.step; }) step = range.step;
    for (uint32_t c = range.first; c <= range.last; c += step) flat[c] = static_cast<uint8_t>(value);
  }
}

std::vector<uint8_t> classes() {
  std::vector<uint8_t> flat(kEnd, static_cast<uint8_t>(CharClass::other));
  set(flat, kLetters, CharClass::letter);
  set(flat, kNumbers, CharClass::number);
  set(flat, kSpaces, CharClass::space);
  flat['\r'] = flat['\n'] = static_cast<uint8_t>(CharClass::newline);
  return flat;
}

std::vector<uint8_t> cases() {
  std::vector<uint8_t> flat(kEnd, static_cast<uint8_t>(CharCase::none));
  set(flat, kLetters, CharCase::either);
  set(flat, kMarks, CharCase::either);
  set(flat, kUpper, CharCase::upper);
  set(flat, kLower, CharCase::lower);
  return flat;
}

}  // namespace

template <class Class>
ClassTable<Class>::ClassTable(const std::vector<uint8_t>& flat) {
  std::map<std::array<uint8_t, 256>, uint16_t> seen;
  for (uint32_t start = 0; start < kEnd; start += 256) {
    std::array<uint8_t, 256> block;
    std::copy_n(flat.begin() + start, 256, block.begin());
    const auto [it, fresh] = seen.emplace(block, static_cast<uint16_t>(seen.size()));
    if (fresh) classes_.insert(classes_.end(), block.begin(), block.end());
    block_.push_back(it->second);
  }
}

template <>
const CharTable& CharTable::get() {
  static const CharTable table(classes());
  return table;
}
template <>
const CaseTable& CaseTable::get() {
  static const CaseTable table(cases());
  return table;
}

Decoded decode_utf8(const char* begin, const char* end) {
  const auto byte = [&](int i) { return static_cast<unsigned char>(begin[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  // The second byte's range depends on the first: it excludes overlong forms, surrogates and what lies above U+10FFFF.
  int length = 0;
  unsigned char low = 0x80, high = 0xbf;
  uint32_t codepoint = 0;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2, codepoint = lead & 0x1f;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3, codepoint = lead & 0x0f;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4, codepoint = lead & 0x07;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return {kReplacement, 1, false};
  }
  for (int i = 1; i < length; ++i) {
    if (begin + i >= end || byte(i) < low || byte(i) > high) return {kReplacement, i, false};
    codepoint = codepoint << 6 | (byte(i) & 0x3f);
    low = 0x80, high = 0xbf;
  }
  return {codepoint, length, true};
}

void append_utf8(uint32_t codepoint, std::string& out) {
  if (codepoint < 0x80) {
    out += static_cast<char>(codepoint);
  } else if (codepoint < 0x800) {
    out += static_cast<char>(0xc0 | codepoint >> 6);
    out += static_cast<char>(0x80 | (codepoint & 0x3f));
  } else if (codepoint < 0x10000) {
    out += static_cast<char>(0xe0 | codepoint >> 12);
    out += static_cast<char>(0x80 | (codepoint >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (codepoint & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | codepoint >> 18);
    out += static_cast<char>(0x80 | (codepoint >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (codepoint >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (codepoint & 0x3f));
  }
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    const Decoded c = decode_utf8(p, end);
    if (c.valid) {
      out.append(p, c.bytes);
    } else {
      append_utf8(kReplacement, out);
    }
    p += c.bytes;
  }
  return out;
}

size_t incomplete_suffix(std::string_view text) {
  const char* end = text.data() + text.size();
  for (size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    if ((static_cast<unsigned char>(end[-static_cast<ptrdiff_t>(back)]) & 0xc0) == 0x80) continue;
    // A lead byte: unfinished if it and all that follows are one maximal subpart that ends with the text.
    const Decoded c = decode_utf8(end - back, end);
    const bool lead = static_cast<unsigned char>(end[-static_cast<ptrdiff_t>(back)]) >= 0xc2 &&
                      static_cast<unsigned char>(end[-static_cast<ptrdiff_t>(back)]) <= 0xf4;
    return !c.valid && lead && c.bytes == static_cast<int>(back) ? back : 0;
  }
  return 0;
}

std::string nfc(std::string_view text) {
  std::string out;
  const char *p = text.data(), *end = p + text.size();
  while (p < end) {
    const char* run = p;
    Decoded c{};
    while (p < end && (c = decode_utf8(p, end)).valid) p += c.bytes;
    if (p > run) {
      utf8proc_uint8_t* composed = nullptr;
      const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(run), p - run, &composed,
                                                 static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
      if (size >= 0) {
        out.append(reinterpret_cast<const char*>(composed), size);
      } else {
        out.append(run, p - run);
      }
      std::free(composed);
    }
    if (p < end) {
      out.append(p, c.bytes);
      p += c.bytes;
    }
  }
  return out;
}

}  // namespace persea::unicode
