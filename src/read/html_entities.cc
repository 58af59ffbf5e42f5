#include "read/html_entities.h"

#include <algorithm>
#include <cstdint>

#include "read/html_entities_data.h"
#include "text/unicode.h"

namespace persea::read {
namespace {

constexpr size_t kLongestWithoutSemicolon = 6;  // "&middot"
constexpr size_t kLongestName = 33;

// What numbers 0x80 to 0x9f stand for: the characters of Windows' code page, which is what their writers meant.
constexpr uint16_t kWindows1252[32] = {0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                       0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0x8d,   0x17d,  0x8f,
                                       0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                       0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if ((c | 32) >= 'a' && (c | 32) <= 'f') return (c | 32) - 'a' + 10;
  return 99;
}

std::string_view named(std::string_view name) {
  const auto* found =
      std::lower_bound(kNamedCharacters.begin(), kNamedCharacters.end(), name,
                       [](const NamedCharacter& entry, std::string_view key) { return entry.name < key; });
  return found != kNamedCharacters.end() && found->name == name ? found->text : std::string_view();
}

// The number behind "&#": how many bytes it takes from there on, 0 where there is none.
size_t append_number(std::string_view rest, std::string& out) {
  const bool hex = rest.size() > 2 && (rest[2] | 32) == 'x';
  size_t at = hex ? 3 : 2;
  const size_t first = at;
  uint32_t number = 0;
  for (; at < rest.size() && digit_value(rest[at]) < (hex ? 16 : 10); ++at)
    number = std::min<uint32_t>(number * (hex ? 16 : 10) + static_cast<uint32_t>(digit_value(rest[at])), 0x110000);
  if (at == first) return 0;
  if (number >= 0x80 && number < 0xa0) number = kWindows1252[number - 0x80];
  if (number == 0 || number > 0x10ffff || (number >= 0xd800 && number < 0xe000)) number = unicode::kReplacement;
  unicode::append_utf8(number, out);
  return at + (at < rest.size() && rest[at] == ';' ? 1 : 0);
}

// The name behind "&": how many bytes are used up, 0 where it is none.
size_t append_named(std::string_view rest, bool attribute, std::string& out) {
  size_t end = 1;
  while (end < rest.size() && end <= kLongestName && is_alphanumeric(rest[end])) ++end;
  if (end < rest.size() && rest[end] == ';') {
    const std::string_view text = named(rest.substr(1, end));
    if (!text.empty()) {
      out += text;
      return end + 1;
    }
  }
  for (size_t length = std::min(end - 1, kLongestWithoutSemicolon); length >= 2; --length) {
    const std::string_view text = named(rest.substr(1, length));
    if (text.empty()) continue;
    const char next = length + 1 < rest.size() ? rest[length + 1] : ' ';
    if (attribute && (next == '=' || is_alphanumeric(next))) return 0;
    out += text;
    return length + 1;
  }
  return 0;
}

}  // namespace

void append_unescaped(std::string_view text, bool attribute, std::string& out) {
  while (true) {
    const size_t at = text.find('&');
    out += text.substr(0, at);
    if (at == std::string_view::npos) return;
    text.remove_prefix(at);
    const size_t used =
        text.size() > 1 && text[1] == '#' ? append_number(text, out) : append_named(text, attribute, out);
    if (used == 0) out += '&';
    text.remove_prefix(std::max<size_t>(used, 1));
  }
}

}  // namespace persea::read
