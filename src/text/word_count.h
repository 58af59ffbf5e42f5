// Distinct words and how often each occurs: what BPE training needs to know of a text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/word_key.h"

namespace persea {

class WordCount {
 public:
  WordCount();
  // `readable` as for WordKey::of.
  void add(std::string_view word, size_t readable, uint64_t count = 1);
  void add(const WordCount& other);
  size_t size() const { return size_; }

  // fn(word, count) for each distinct word, in no order that means anything.
  template <class F>
  void for_each(F&& fn) const {
    for (const Slot& slot : slots_) {
      if (slot.count > 0) fn(word_of(slot), slot.count);
    }
  }

 private:
  struct Slot {
    std::array<uint64_t, 2> key{};  // of a word of more than 16 bytes: its hash, and where its bytes lie
    uint64_t count = 0, bytes = 0;
  };
  std::string_view word_of(const Slot& slot) const {
    if (slot.bytes <= WordKey::kInline) return {reinterpret_cast<const char*>(slot.key.data()), slot.bytes};
    return {long_words_.data() + slot.key[1], slot.bytes};
  }
  static uint64_t hash_of(const Slot& slot) {
    return slot.bytes <= WordKey::kInline ? WordKey::mix(slot.key, slot.bytes) : slot.key[0];
  }
  void grow();

  std::vector<Slot> slots_;
  int shift_;
  size_t size_ = 0;
  std::string long_words_;
};

}  // namespace persea
