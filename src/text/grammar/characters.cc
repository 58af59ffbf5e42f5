#include "text/grammar/characters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "text/unicode.h"

namespace persea::grammar {
namespace {

constexpr uint32_t kLast = 0x10ffff;

constexpr std::array<std::pair<char, char>, 7> kShortEscapes = {
    {{'"', '"'}, {'\\', '\\'}, {'\b', 'b'}, {'\t', 't'}, {'\n', 'n'}, {'\f', 'f'}, {'\r', 'r'}}};

// The ways from a state to another that read one character.
class Writer {
 public:
  Writer(Nfa& nfa, uint32_t from, uint32_t to) : nfa_(nfa), from_(from), to_(to) {}

  // Characters of [first, last] as UTF-8. A range is cut until the bytes of each part vary independently.
  void utf8(uint32_t first, uint32_t last) {
    for (const uint32_t limit : {0x7fu, 0x7ffu, 0xffffu}) {
      if (first <= limit && limit < last) {
        utf8(first, limit);
        utf8(limit + 1, last);
        return;
      }
    }
    std::string low, high;
    unicode::append_utf8(first, low);
    unicode::append_utf8(last, high);
    for (size_t rest = low.size() - 1; rest > 0; --rest) {  // the bytes behind a differing one have to be all of them
      const uint32_t mask = (1u << (6 * rest)) - 1;
      if ((first & ~mask) == (last & ~mask)) continue;
      if ((first & mask) != 0) {
        utf8(first, first | mask);
        utf8((first | mask) + 1, last);
        return;
      }
      if ((last & mask) != mask) {
        utf8(first, (last & ~mask) - 1);
        utf8(last & ~mask, last);
        return;
      }
    }
    uint32_t at = from_;
    for (size_t i = 0; i < low.size(); ++i) {
      const uint32_t next = i + 1 == low.size() ? to_ : nfa_.add();
      nfa_.bytes(at, static_cast<uint8_t>(low[i]), static_cast<uint8_t>(high[i]), next);
      at = next;
    }
  }

  void text(std::string_view bytes) {
    uint32_t at = from_;
    for (size_t i = 0; i < bytes.size(); ++i) {
      const uint32_t next = i + 1 == bytes.size() ? to_ : nfa_.add();
      nfa_.bytes(at, static_cast<uint8_t>(bytes[i]), static_cast<uint8_t>(bytes[i]), next);
      at = next;
    }
  }

  // \uXXXX for a code unit of [first, last], with small and large digits.
  void code_unit(uint32_t at, uint32_t first, uint32_t last, uint32_t to) {
    const uint32_t slash = nfa_.add(), digits = nfa_.add();
    nfa_.bytes(at, '\\', '\\', slash);
    nfa_.bytes(slash, 'u', 'u', digits);
    hex(digits, first, last, 4, to);
  }

 private:
  void hex(uint32_t at, uint32_t first, uint32_t last, int digits, uint32_t to) {
    const int shift = 4 * (digits - 1);
    const uint32_t mask = (1u << shift) - 1;
    for (uint32_t digit = first >> shift; digit <= last >> shift; ++digit) {
      const uint32_t low = digit == first >> shift ? first & mask : 0;
      const uint32_t high = digit == last >> shift ? last & mask : mask;
      const uint32_t next = digits == 1 ? to : nfa_.add();
      const auto small = static_cast<uint8_t>("0123456789abcdef"[digit]);
      nfa_.bytes(at, small, small, next);
      if (digit > 9) nfa_.bytes(at, static_cast<uint8_t>(small - 32), static_cast<uint8_t>(small - 32), next);
      if (digits > 1) hex(next, low, high, digits - 1, to);
    }
  }

  Nfa& nfa_;
  const uint32_t from_, to_;
};

void write_json(Writer& writer, const CharacterSet& set) {
  CharacterSet escaped;
  escaped.add(0, 0x1f);
  escaped.add('"', '"');
  escaped.add('\\', '\\');
  const CharacterSet plain = set.without(escaped);
  for (const auto& [first, last] : plain.ranges()) writer.utf8(first, last);
  for (uint32_t c = 0; c < 0x60; ++c) {
    if (!escaped.contains(c) || !set.contains(c)) continue;
    std::string text;
    unicode::append_utf8(c, text);
    writer.text(*json_spelling(text));
  }
}

// What write_json() leaves out: \/ and \u for characters that need no escape.
void write_json_freely(Nfa& nfa, Writer& writer, const CharacterSet& set, uint32_t from, uint32_t to) {
  if (set.contains('/')) writer.text("\\/");
  for (const auto& [first, last] : set.ranges()) {
    if (first <= 0xffff) writer.code_unit(from, first, std::min(last, 0xffffu), to);
    if (last <= 0xffff) continue;
    // A pair of surrogates: the first says which 1024 characters, the second which of them.
    const uint32_t begin = std::max(first, 0x10000u) - 0x10000, end = last - 0x10000;
    for (uint32_t block = begin >> 10; block <= end >> 10;) {
      const uint32_t low = block == begin >> 10 ? begin & 1023 : 0;
      const uint32_t high = block == end >> 10 ? end & 1023 : 1023;
      uint32_t same = block;  // blocks that are in the set as a whole go together
      while (low == 0 && high == 1023 && same + 1 <= end >> 10 && (same + 1 < end >> 10 || (end & 1023) == 1023))
        ++same;
      const uint32_t middle = nfa.add();
      writer.code_unit(from, 0xd800 + block, 0xd800 + same, middle);
      writer.code_unit(middle, 0xdc00 + low, 0xdc00 + high, to);
      block = same + 1;
    }
  }
}

}  // namespace

CharacterSet CharacterSet::all() {
  CharacterSet set;
  set.add(0, kLast);
  return set;
}

void CharacterSet::add(uint32_t first, uint32_t last) {
  ranges_.emplace_back(first, std::min(last, kLast));
  normalize();
}

void CharacterSet::add(const CharacterSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
  normalize();
}

void CharacterSet::normalize() {
  std::vector<std::pair<uint32_t, uint32_t>> apart;
  for (const auto& [first, last] : ranges_) {
    if (first < 0xd800 && last >= 0xd800) apart.emplace_back(first, 0xd7ff);
    if (last < 0xd800 || first > 0xdfff) apart.emplace_back(first, last);
    if (first <= 0xdfff && last > 0xdfff) apart.emplace_back(0xe000, last);
  }
  std::sort(apart.begin(), apart.end());
  ranges_.clear();
  for (const auto& [first, last] : apart) {
    if (!ranges_.empty() && first <= ranges_.back().second + 1) {
      ranges_.back().second = std::max(ranges_.back().second, last);
    } else {
      ranges_.emplace_back(first, last);
    }
  }
}

CharacterSet CharacterSet::complement() const { return all().without(*this); }

CharacterSet CharacterSet::without(const CharacterSet& other) const {
  CharacterSet rest;
  for (auto [first, last] : ranges_) {
    for (const auto& [from, to] : other.ranges_) {
      if (to < first || from > last) continue;
      if (from > first) rest.ranges_.emplace_back(first, from - 1);
      first = to + 1;
      if (first > last) break;
    }
    if (first <= last) rest.ranges_.emplace_back(first, last);
  }
  rest.normalize();
  return rest;
}

bool CharacterSet::contains(uint32_t codepoint) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const auto& range) { return range.first <= codepoint && codepoint <= range.second; });
}

Dfa one_character(const CharacterSet& set, Spelling spelling) {
  Nfa nfa;
  const uint32_t from = nfa.add(), to = nfa.add();
  Writer writer(nfa, from, to);
  if (spelling == Spelling::utf8) {
    for (const auto& [first, last] : set.ranges()) writer.utf8(first, last);
  } else {
    write_json(writer, set);
    if (spelling == Spelling::json_freely) write_json_freely(nfa, writer, set, from, to);
  }
  return minimized(*determinized(nfa, from, to));  // a few states a range, never too many
}

std::optional<std::string> json_spelling(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view before = text;
    const auto c = take_character(text);
    if (!c) return std::nullopt;
    const auto* shorter = std::find_if(kShortEscapes.begin(), kShortEscapes.end(),
                                       [&](const auto& escape) { return static_cast<uint32_t>(escape.first) == *c; });
    if (shorter != kShortEscapes.end()) {
      out += '\\';
      out += shorter->second;
    } else if (*c < 0x20) {
      out += fmt::format("\\u{:04x}", *c);
    } else {
      out += before.substr(0, before.size() - text.size());
    }
  }
  return out;
}

std::optional<uint32_t> take_character(std::string_view& text) {
  const unicode::Decoded c = unicode::decode_utf8(text.data(), text.data() + text.size());
  text.remove_prefix(static_cast<size_t>(c.bytes));
  if (!c.valid) return std::nullopt;
  return c.codepoint;
}

}  // namespace persea::grammar
