// Templates with slots: "{A} went to {P}." and what stands in the slots. It knows no world: it puts words into places.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"

namespace persea::smallworld {

// Ways to say one thing: those of the documents, and those held out of them.
struct Phrases {
  std::vector<std::string_view> known, held;
  // One of the known, or, where asked and there are any, of the held out.
  std::string_view pick(Random& random, bool held_out) const {
    return random.pick(held_out && !held.empty() ? held : known);
  }
};

class Slots {
 public:
  Slots& set(std::string_view key, std::string_view value);  // replaces
  // Sets KEY to the name, KEY.he, KEY.He, KEY.him, KEY.his, KEY.His to the pronouns.
  Slots& person(std::string_view key, int name);
  Slots& place(std::string_view key, int place);  // KEY: "the park"; KEY.at: "in the park"; KEY.noun: "park"
  Slots& number(std::string_view key, int n, int countable);  // KEY: "3"; KEY.items: "apples" ("apple" where n is 1)
  std::string_view get(std::string_view key) const;           // throws std::logic_error where unset
  std::string fill(std::string_view phrase) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

// Appends `sentence` to `text` with a space between.
void append(std::string& text, std::string_view sentence);

}  // namespace persea::smallworld
