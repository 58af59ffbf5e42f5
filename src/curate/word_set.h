// A list of words from the settings, to be asked often: what it costs does not depend on the list's length.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "curate/table_hash.h"

namespace persea::curate {

class WordSet {
 public:
  explicit WordSet(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      numbers_.emplace(word, numbers_.size());
      lengths_ |= length_bit(word);
    }
  }

  size_t size() const { return numbers_.size(); }  // of different words

  // The word's number, below size().
  std::optional<size_t> find(std::string_view word) const {
    if ((lengths_ & length_bit(word)) == 0) return std::nullopt;
    const auto it = numbers_.find(word);
    return it == numbers_.end() ? std::nullopt : std::optional(it->second);
  }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view word) const { return TableHash::get().of(word); }
  };

  static uint64_t length_bit(std::string_view word) { return uint64_t{1} << (word.size() < 63 ? word.size() : 63); }

  std::unordered_map<std::string, size_t, Hash, std::equal_to<>> numbers_;
  uint64_t lengths_ = 0;
};

}  // namespace persea::curate
