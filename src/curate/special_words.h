// The words of English that are cut in their own way, made from english_words.h, to be found by their bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "curate/table_hash.h"

namespace persea::curate {

struct SpecialWord {
  std::string text;
  std::array<uint8_t, 3> parts{};  // bytes of each part; 0 behind the last one
  int count = 0;                   // of parts
};

class SpecialWords {
 public:
  static const SpecialWords& english();  // built at the first call

  const SpecialWord* find(std::string_view text, uint64_t hash) const;  // nullptr: it is none; `hash` is TableHash's
  const SpecialWord* find(std::string_view text) const {
    return may_be(text) ? find(text, TableHash::get().of(text)) : nullptr;
  }
  // Whether there is one of this length with this first byte.
  bool may_be(std::string_view text) const {
    return !text.empty() && text.size() <= longest_ &&
           (lengths_[static_cast<unsigned char>(text[0])] >> text.size() & 1) != 0;
  }
  const std::vector<SpecialWord>& all() const { return words_; }

 private:
  SpecialWords();
  void add(std::string_view cut, char between);  // the character between the parts
  void index();
  std::vector<SpecialWord> words_;
  std::vector<uint16_t> slots_;          // of a hash table: index + 1
  std::array<uint64_t, 256> lengths_{};  // by their first byte, a bit each
  size_t longest_ = 0;                   // bytes, at most 63
};

// Calls take(word) for each word of a list that is separated by spaces.
template <class Take>
void each_listed(std::string_view list, const Take& take) {
  while (!list.empty()) {
    const size_t space = list.find(' ');
    const std::string_view word = list.substr(0, space);
    if (!word.empty()) take(word);
    list.remove_prefix(space == list.npos ? list.size() : space + 1);
  }
}

}  // namespace persea::curate
