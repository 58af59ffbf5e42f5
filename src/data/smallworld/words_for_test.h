// Smallworld's texts as its tests read them: words, sentences, and what sort of thing a word names.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/smallworld/lexicon.h"

namespace persea::smallworld {

// Words of the lexicon by text: sort ('A' name, 'P' place, 'T' thing, 'C' colour, 'F' food, 'M' animal, 'X' pet name,
// 'E' feeling, 'I' countable) and index.
inline const std::map<std::string, std::pair<char, int>, std::less<>>& dictionary() {
  static const auto words = [] {
    std::map<std::string, std::pair<char, int>, std::less<>> all;
    auto put = [&](char sort, const auto& list) {
      for (int i = 0; i < static_cast<int>(list.size()); ++i) all.emplace(list[i], std::pair(sort, i));
    };
    for (int i = 0; i < static_cast<int>(names().size()); ++i) all.emplace(names()[i].text, std::pair('A', i));
    for (int i = 0; i < static_cast<int>(places().size()); ++i) all.emplace(places()[i].noun, std::pair('P', i));
    for (int i = 0; i < static_cast<int>(countables().size()); ++i) {
      all.emplace(countables()[i].one, std::pair('I', i));
      all.emplace(countables()[i].many, std::pair('I', i));
    }
    put('T', things()), put('C', colours()), put('F', foods()), put('M', animals()), put('X', pet_names());
    put('E', feelings());
    return all;
  }();
  return words;
}

inline std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += c;
    } else {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
      if (c == '+' || c == '-') words.emplace_back(1, c);
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

inline std::vector<std::string> sentences_of(std::string_view text) {
  std::vector<std::string> sentences(1);
  for (const char c : text) {
    if (c == '.' || c == '?' || c == '!' || c == '\n' || c == '"' || c == '>') {
      if (!sentences.back().empty()) sentences.emplace_back();
    } else if (c != ' ' || !sentences.back().empty()) {
      sentences.back() += c;
    }
  }
  if (sentences.back().empty()) sentences.pop_back();
  return sentences;
}

}  // namespace persea::smallworld
