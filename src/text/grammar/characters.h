// Sets of Unicode characters, and how their members are written in bytes: as UTF-8, or as one character within a JSON
// string. Surrogates are no characters, so nothing that is made here reads broken UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/grammar/automaton.h"

namespace persea::grammar {

class CharacterSet {
 public:
  CharacterSet() = default;
  static CharacterSet all();

  void add(uint32_t first, uint32_t last);  // both included; first <= last
  void add(const CharacterSet& other);
  CharacterSet complement() const;
  CharacterSet without(const CharacterSet& other) const;
  bool contains(uint32_t codepoint) const;
  bool empty() const { return ranges_.empty(); }
  const std::vector<std::pair<uint32_t, uint32_t>>& ranges() const { return ranges_; }

 private:
  void normalize();
  std::vector<std::pair<uint32_t, uint32_t>> ranges_;  // sorted, apart, without surrogates
};

enum class Spelling : uint8_t {
  utf8,         // as itself
  json,         // within a JSON string, in one way: \" \\ \b \t \n \f \r, \u00xx below a space, else as itself
  json_freely,  // in any way that JSON allows
};

// One character of the set.
Dfa one_character(const CharacterSet& set, Spelling spelling);

// A text as it stands within the quotation marks of a JSON string (Spelling::json); nullopt where it is not UTF-8.
std::optional<std::string> json_spelling(std::string_view text);

// The character at the front of `text`, which is taken off; nullopt where it is broken. `text` is not empty.
std::optional<uint32_t> take_character(std::string_view& text);

}  // namespace persea::grammar
