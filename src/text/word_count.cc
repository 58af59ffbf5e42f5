#include "text/word_count.h"

namespace persea {

WordCount::WordCount() : slots_(size_t{1} << 12), shift_(64 - 12) {}

void WordCount::add(std::string_view word, size_t readable, uint64_t count) {
  const WordKey key = WordKey::of(word, readable);
  const size_t mask = slots_.size() - 1;
  for (size_t i = key.hash >> shift_;; i = (i + 1) & mask) {
    Slot& slot = slots_[i];
    if (slot.count == 0) {
      slot = {key.parts, count, word.size()};
      if (word.size() > WordKey::kInline) {
        slot.key[1] = long_words_.size();
        long_words_ += word;
      }
      if (++size_ * 2 > slots_.size()) grow();
      return;
    }
    if (slot.key[0] == key.parts[0] && slot.bytes == word.size() &&
        (word.size() <= WordKey::kInline ? slot.key[1] == key.parts[1] : word_of(slot) == word)) {
      slot.count += count;
      return;
    }
  }
}

void WordCount::add(const WordCount& other) {
  other.for_each([&](std::string_view word, uint64_t count) { add(word, word.size(), count); });
}

void WordCount::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  --shift_;
  const size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.count == 0) continue;
    size_t i = hash_of(slot) >> shift_;
    while (slots_[i].count != 0) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

}  // namespace persea
