#include "data/smallworld/arithmetic.h"

#include <algorithm>
#include <string>

#include "data/smallworld/lexicon.h"

namespace persea::smallworld {

const std::vector<Kind>& sum_kinds() {
  static const std::vector<Kind> kinds = {
      {"add",
       {{"What is {x} + {y}?", "What is {x} plus {y}?", "Do you know what {x} + {y} is?"},
        {"Tell me what {x} + {y} is."}},
       4,
       6},
      {"subtract",
       {{"What is {x} - {y}?", "What is {x} minus {y}?", "Tell me what {x} - {y} is."},
        {"Do you know what {x} - {y} is?"}},
       3,
       6},
      {"next",
       {{"What comes after {x}?", "Tell me what comes after {x}."}, {"Do you know what comes after {x}?"}},
       1,
       1},
      {"larger",
       {{"What is more, {x} or {y}?", "Do you know what is more, {x} or {y}?"}, {"Tell me what is more, {x} or {y}."}},
       1,
       1},
  };
  return kinds;
}

Question make_sum(Random& random, std::string_view kind, bool held_out) {
  Question question;
  question.kind = kind;
  Slots& slots = question.slots;
  const bool sum = kind == "add" || kind == "subtract";
  int a = 0, b = 0;
  do {
    a = static_cast<int>(random.below(11));
    b = static_cast<int>(random.below(11));
  } while (sum && held_sum(a, b) != held_out);
  question.on_held_pair = sum && held_out;
  int result = 0;
  if (kind == "add") {
    result = a + b;
    slots.set("x", std::to_string(a)).set("y", std::to_string(b));
    question.answer = slots.fill("{x} + {y} = ") + std::to_string(result) + ".";
  } else if (kind == "subtract") {
    result = a;
    slots.set("x", std::to_string(a + b)).set("y", std::to_string(b));
    question.answer = slots.fill("{x} - {y} = ") + std::to_string(result) + ".";
  } else if (kind == "next") {
    const int x = static_cast<int>(random.below(20));
    result = x + 1;
    slots.set("x", std::to_string(x));
    question.answer = std::to_string(result) + slots.fill(" comes after {x}.");
  } else {
    const int x = static_cast<int>(random.below(20)), y = (x + 1 + static_cast<int>(random.below(19))) % 20;
    result = std::max(x, y);
    slots.set("x", std::to_string(x)).set("y", std::to_string(y));
    question.answer = std::to_string(result) + " is more than " + std::to_string(std::min(x, y)) + ".";
  }
  question.accepted = {std::to_string(result)};
  for (int n = 0; n <= 30; ++n) {
    if (n != result) question.wrong.push_back(std::to_string(n));
  }
  return question;
}

}  // namespace persea::smallworld
