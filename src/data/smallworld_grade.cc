#include <algorithm>
#include <array>
#include <string>

#include "data/smallworld.h"

namespace persea {
namespace {

// Lower case, letters and digits only, words with one space between and around; number words as digits.
std::string normalized(std::string_view text) {
  static constexpr std::array<std::string_view, 21> numbers = {
      "zero",     "one",     "two",     "three",     "four",     "five",     "six",
      "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",   "thirteen",
      "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};
  std::string out = " ", word;
  auto close = [&] {
    if (word.empty()) return;
    const auto number = std::find(numbers.begin(), numbers.end(), word);
    out += number == numbers.end() ? word : std::to_string(number - numbers.begin());
    out += ' ';
    word.clear();
  };
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      word += c;
    } else if (c >= 'A' && c <= 'Z') {
      word += static_cast<char>(c - 'A' + 'a');
    } else if (c != '\'') {
      close();
    }
  }
  close();
  return out;
}

}  // namespace

bool smallworld_grade(const SmallworldQuestion& question, std::string_view reply) {
  const std::string given = normalized(reply);
  if (given == normalized(question.answer)) return true;
  for (const std::string& form : question.accepted) {
    if (given == normalized(form)) return true;
  }
  if (question.accepted.empty()) return false;
  // A sentence: what follows the last "=" where there is one, with the bare answer and nothing that would be wrong.
  const std::string answered = normalized(reply.substr(reply.rfind('=') + 1));
  auto says = [&](std::string_view words) { return answered.find(normalized(words)) != std::string::npos; };
  if (!says(question.accepted[0])) return false;
  static constexpr std::array<std::string_view, 6> denials = {"no", "not", "isn't", "wasn't", "doesn't", "didn't"};
  if (question.accepted[0] != "no" && std::any_of(denials.begin(), denials.end(), says)) return false;
  return std::none_of(question.wrong.begin(), question.wrong.end(), says);
}

}  // namespace persea
