#include "curate/phrases.h"

#include <array>

namespace persea::curate {
namespace {

struct Wanted {
  std::string_view text;
  Phrase phrase;
};
constexpr Wanted kWanted[] = {{"cookie policy", kPolicy},  {"javascript", kJavascript}, {"lorem ipsum", kLoremIpsum},
                              {"privacy policy", kPolicy}, {"terms of use", kPolicy},   {"use cookies", kPolicy},
                              {"use of cookies", kPolicy}, {"uses cookies", kPolicy}};

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// By its first letter, in both cases: the second one of phrases that begin so; 0 where none does.
constexpr std::array<char, 256> kSecond = [] {
  std::array<char, 256> second{};
  for (const Wanted& wanted : kWanted) {
    second[static_cast<unsigned char>(wanted.text[0])] = wanted.text[1];
    second[static_cast<unsigned char>(wanted.text[0] - 'a' + 'A')] = wanted.text[1];
  }
  return second;
}();
constexpr bool seconds_hold() {
  for (const Wanted& wanted : kWanted)
    if (kSecond[static_cast<unsigned char>(wanted.text[0])] != wanted.text[1]) return false;
  return true;
}
static_assert(seconds_hold(), "phrases that begin with the same letter have the same second one");

bool begins_with(std::string_view text, std::string_view wanted) {
  for (const char letter : wanted) {
    if (letter == 'k' && text.starts_with("\xe2\x84\xaa")) {
      text.remove_prefix(3);
    } else if (!text.empty() && lower(text[0]) == letter) {
      text.remove_prefix(1);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

uint8_t phrases_in(std::string_view text) {
  uint8_t found = 0;
  for (size_t at = 0; at + 1 < text.size(); ++at) {
    const char second = kSecond[static_cast<unsigned char>(text[at])];
    if (second == 0 || lower(text[at + 1]) != second) continue;
    for (const Wanted& wanted : kWanted)
      if (begins_with(text.substr(at), wanted.text)) found |= wanted.phrase;
  }
  return found;
}

}  // namespace persea::curate
