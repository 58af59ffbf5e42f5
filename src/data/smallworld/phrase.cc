#include "data/smallworld/phrase.h"

#include <stdexcept>

#include "data/smallworld/lexicon.h"

namespace persea::smallworld {

Slots& Slots::set(std::string_view key, std::string_view value) {
  for (auto& [name, old] : values_) {
    if (name == key) {
      old = value;
      return *this;
    }
  }
  values_.emplace_back(key, value);
  return *this;
}

Slots& Slots::person(std::string_view key, int name) {
  const Name& who = names()[name];
  const std::string k(key);
  set(k, who.text);
  set(k + ".he", who.she ? "she" : "he");
  set(k + ".He", who.she ? "She" : "He");
  set(k + ".him", who.she ? "her" : "him");
  set(k + ".his", who.she ? "her" : "his");
  return set(k + ".His", who.she ? "Her" : "His");
}

Slots& Slots::place(std::string_view key, int place) {
  const Place& where = places()[place];
  const std::string k(key), the = "the " + std::string(where.noun);
  set(k, the);
  set(k + ".noun", where.noun);
  return set(k + ".at", std::string(where.preposition) + ' ' + the);
}

Slots& Slots::number(std::string_view key, int n, int countable) {
  const std::string k(key);
  set(k, std::to_string(n));
  return set(k + ".items", n == 1 ? countables()[countable].one : countables()[countable].many);
}

std::string_view Slots::get(std::string_view key) const {
  for (const auto& [name, value] : values_) {
    if (name == key) return value;
  }
  throw std::logic_error("smallworld: nothing stands in slot " + std::string(key));
}

std::string Slots::fill(std::string_view phrase) const {
  std::string out;
  for (size_t i = 0; i < phrase.size();) {
    if (phrase[i] != '{') {
      out += phrase[i++];
      continue;
    }
    const size_t end = phrase.find('}', i);
    if (end == std::string_view::npos) throw std::logic_error("smallworld: open slot in " + std::string(phrase));
    out += get(phrase.substr(i + 1, end - i - 1));
    i = end + 1;
  }
  return out;
}

void append(std::string& text, std::string_view sentence) {
  if (!text.empty() && text.back() != '\n') text += ' ';
  text += sentence;
}

}  // namespace persea::smallworld
