// Upper, lower and title case as Python's str has them, by Unicode's full mappings.
#include <utf8proc.h>

#include <algorithm>
#include <iterator>

#include "text/jinja/pytext.h"
#include "text/unicode.h"

namespace persea::jinja {
namespace {

// What becomes more than one code point (SpecialCasing of Unicode). `title` is empty where the simple mapping holds.
struct Special {
  uint32_t codepoint;
  std::string_view upper, title;
};
constexpr Special kSpecial[] = {
    // clang-format off
    {0x00df, "SS", "Ss"}, {0x0149, "ʼN", "ʼN"}, {0x01f0, "J̌", "J̌"}, {0x0390, "Ϊ́", "Ϊ́"},
    {0x03b0, "Ϋ́", "Ϋ́"}, {0x0587, "ԵՒ", "Եւ"}, {0x1e96, "H̱", "H̱"}, {0x1e97, "T̈", "T̈"},
    {0x1e98, "W̊", "W̊"}, {0x1e99, "Y̊", "Y̊"}, {0x1e9a, "Aʾ", "Aʾ"}, {0x1f50, "Υ̓", "Υ̓"},
    {0x1f52, "Υ̓̀", "Υ̓̀"}, {0x1f54, "Υ̓́", "Υ̓́"}, {0x1f56, "Υ̓͂", "Υ̓͂"}, {0x1f80, "ἈΙ", ""},
    {0x1f81, "ἉΙ", ""}, {0x1f82, "ἊΙ", ""}, {0x1f83, "ἋΙ", ""}, {0x1f84, "ἌΙ", ""}, {0x1f85, "ἍΙ", ""},
    {0x1f86, "ἎΙ", ""}, {0x1f87, "ἏΙ", ""}, {0x1f88, "ἈΙ", ""}, {0x1f89, "ἉΙ", ""}, {0x1f8a, "ἊΙ", ""},
    {0x1f8b, "ἋΙ", ""}, {0x1f8c, "ἌΙ", ""}, {0x1f8d, "ἍΙ", ""}, {0x1f8e, "ἎΙ", ""}, {0x1f8f, "ἏΙ", ""},
    {0x1f90, "ἨΙ", ""}, {0x1f91, "ἩΙ", ""}, {0x1f92, "ἪΙ", ""}, {0x1f93, "ἫΙ", ""}, {0x1f94, "ἬΙ", ""},
    {0x1f95, "ἭΙ", ""}, {0x1f96, "ἮΙ", ""}, {0x1f97, "ἯΙ", ""}, {0x1f98, "ἨΙ", ""}, {0x1f99, "ἩΙ", ""},
    {0x1f9a, "ἪΙ", ""}, {0x1f9b, "ἫΙ", ""}, {0x1f9c, "ἬΙ", ""}, {0x1f9d, "ἭΙ", ""}, {0x1f9e, "ἮΙ", ""},
    {0x1f9f, "ἯΙ", ""}, {0x1fa0, "ὨΙ", ""}, {0x1fa1, "ὩΙ", ""}, {0x1fa2, "ὪΙ", ""}, {0x1fa3, "ὫΙ", ""},
    {0x1fa4, "ὬΙ", ""}, {0x1fa5, "ὭΙ", ""}, {0x1fa6, "ὮΙ", ""}, {0x1fa7, "ὯΙ", ""}, {0x1fa8, "ὨΙ", ""},
    {0x1fa9, "ὩΙ", ""}, {0x1faa, "ὪΙ", ""}, {0x1fab, "ὫΙ", ""}, {0x1fac, "ὬΙ", ""}, {0x1fad, "ὭΙ", ""},
    {0x1fae, "ὮΙ", ""}, {0x1faf, "ὯΙ", ""}, {0x1fb2, "ᾺΙ", "Ὰͅ"}, {0x1fb3, "ΑΙ", ""}, {0x1fb4, "ΆΙ", "Άͅ"},
    {0x1fb6, "Α͂", "Α͂"}, {0x1fb7, "Α͂Ι", "ᾼ͂"}, {0x1fbc, "ΑΙ", ""}, {0x1fc2, "ῊΙ", "Ὴͅ"}, {0x1fc3, "ΗΙ", ""},
    {0x1fc4, "ΉΙ", "Ήͅ"}, {0x1fc6, "Η͂", "Η͂"}, {0x1fc7, "Η͂Ι", "ῌ͂"}, {0x1fcc, "ΗΙ", ""},
    {0x1fd2, "Ϊ̀", "Ϊ̀"}, {0x1fd3, "Ϊ́", "Ϊ́"}, {0x1fd6, "Ι͂", "Ι͂"}, {0x1fd7, "Ϊ͂", "Ϊ͂"},
    {0x1fe2, "Ϋ̀", "Ϋ̀"}, {0x1fe3, "Ϋ́", "Ϋ́"}, {0x1fe4, "Ρ̓", "Ρ̓"}, {0x1fe6, "Υ͂", "Υ͂"},
    {0x1fe7, "Ϋ͂", "Ϋ͂"}, {0x1ff2, "ῺΙ", "Ὼͅ"}, {0x1ff3, "ΩΙ", ""}, {0x1ff4, "ΏΙ", "Ώͅ"},
    {0x1ff6, "Ω͂", "Ω͂"}, {0x1ff7, "Ω͂Ι", "ῼ͂"}, {0x1ffc, "ΩΙ", ""}, {0xfb00, "FF", "Ff"},
    {0xfb01, "FI", "Fi"}, {0xfb02, "FL", "Fl"}, {0xfb03, "FFI", "Ffi"}, {0xfb04, "FFL", "Ffl"},
    {0xfb05, "ST", "St"}, {0xfb06, "ST", "St"}, {0xfb13, "ՄՆ", "Մն"}, {0xfb14, "ՄԵ", "Մե"},
    {0xfb15, "ՄԻ", "Մի"}, {0xfb16, "ՎՆ", "Վն"}, {0xfb17, "ՄԽ", "Մխ"},
    // clang-format on
};

const Special* special(uint32_t c) {
  if (c < 0xdf) return nullptr;
  const auto* found = std::lower_bound(std::begin(kSpecial), std::end(kSpecial), c,
                                       [](const Special& row, uint32_t value) { return row.codepoint < value; });
  return found != std::end(kSpecial) && found->codepoint == c ? found : nullptr;
}

void append_upper(uint32_t c, std::string& out) {
  if (const Special* row = special(c)) {
    out += row->upper;
  } else {
    unicode::append_utf8(utf8proc_toupper(static_cast<utf8proc_int32_t>(c)), out);
  }
}

void append_title(uint32_t c, std::string& out) {
  if (const Special* row = special(c); row && !row->title.empty()) {
    out += row->title;
  } else {
    unicode::append_utf8(utf8proc_totitle(static_cast<utf8proc_int32_t>(c)), out);
  }
}

utf8proc_category_t category(uint32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }
bool upper_char(uint32_t c) { return utf8proc_isupper(static_cast<utf8proc_int32_t>(c)) != 0; }
bool lower_char(uint32_t c) { return utf8proc_islower(static_cast<utf8proc_int32_t>(c)) != 0; }
bool cased(uint32_t c) { return upper_char(c) || lower_char(c) || category(c) == UTF8PROC_CATEGORY_LT; }
bool case_ignorable(uint32_t c) {
  switch (category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return c == '\'' || c == '.' || c == ':' || c == 0xb7 || c == 0x2018 || c == 0x2019 || c == 0x2024 || c == 0x2027;
  }
}

using Codepoints = std::vector<uint32_t>;
Codepoints codepoints_of(std::string_view text) {
  Codepoints all;
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    const unicode::Decoded c = unicode::decode_utf8(p, end);
    all.push_back(c.codepoint);
    p += c.bytes;
  }
  return all;
}

void append_lower(const Codepoints& all, size_t at, std::string& out) {
  const uint32_t c = all[at];
  if (c == 0x130) {
    out += "i\u0307";
  } else if (c == 0x3a3) {  // a sigma that ends a word
    size_t before = at, after = at + 1;
    while (before > 0 && case_ignorable(all[before - 1])) --before;
    while (after < all.size() && case_ignorable(all[after])) ++after;
    const bool ends = before > 0 && cased(all[before - 1]) && !(after < all.size() && cased(all[after]));
    unicode::append_utf8(ends ? 0x3c2 : 0x3c3, out);
  } else {
    unicode::append_utf8(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)), out);
  }
}

}  // namespace

std::string upper(std::string_view text) {
  std::string out;
  for (const uint32_t c : codepoints_of(text)) append_upper(c, out);
  return out;
}

std::string lower(std::string_view text) {
  std::string out;
  const Codepoints all = codepoints_of(text);
  for (size_t i = 0; i < all.size(); ++i) append_lower(all, i, out);
  return out;
}

std::string title(std::string_view text) {
  std::string out;
  const Codepoints all = codepoints_of(text);
  bool inside = false;  // a word
  for (size_t i = 0; i < all.size(); ++i) {
    if (inside) {
      append_lower(all, i, out);
    } else {
      append_title(all[i], out);
    }
    inside = cased(all[i]);
  }
  return out;
}

std::string capitalize(std::string_view text) {
  std::string out;
  const Codepoints all = codepoints_of(text);
  for (size_t i = 0; i < all.size(); ++i) {
    if (i > 0) {
      append_lower(all, i, out);
    } else {
      append_title(all[i], out);
    }
  }
  return out;
}

bool is_upper(std::string_view text) {
  bool any = false;
  for (const uint32_t c : codepoints_of(text)) {
    if (cased(c) && !upper_char(c)) return false;
    any = any || upper_char(c);
  }
  return any;
}

bool is_lower(std::string_view text) {
  bool any = false;
  for (const uint32_t c : codepoints_of(text)) {
    if (cased(c) && !lower_char(c)) return false;
    any = any || lower_char(c);
  }
  return any;
}

bool is_printable(uint32_t c) {
  if (c < 0x80) return c >= 0x20 && c < 0x7f;
  switch (category(c)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    default:
      return true;
  }
}

bool is_word(uint32_t c) {
  const auto kind = category(c);
  return c == '_' || (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO) ||
         (kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO);
}

}  // namespace persea::jinja
