// How often each pair of tokens occurs: an open-addressing hash table that only grows.
#pragma once

#include <cstdint>
#include <vector>

namespace persea {

class PairCounts {
 public:
  // The count of a pair, 0 at first. Valid until the next call.
  int64_t& at(int32_t left, int32_t right) {
    if (2 * size_ >= slots_.size()) grow();
    const uint64_t key = uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
    size_t i = hash(key) >> shift_;
    while (slots_[i].key != key && slots_[i].key != kEmpty) i = (i + 1) & (slots_.size() - 1);
    if (slots_[i].key == kEmpty) {
      slots_[i].key = key;
      ++size_;
    }
    return slots_[i].count;
  }

 private:
  static constexpr uint64_t kEmpty = ~uint64_t{0};
  struct Slot {
    uint64_t key = kEmpty;
    int64_t count = 0;
  };
  static uint64_t hash(uint64_t key) {
    key ^= key >> 32;
    key *= 0x9e3779b97f4a7c15;
    key ^= key >> 29;
    return key * 0xbf58476d1ce4e5b9;
  }
  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    --shift_;
    for (const Slot& slot : old) {
      if (slot.key == kEmpty) continue;
      size_t i = hash(slot.key) >> shift_;
      while (slots_[i].key != kEmpty) i = (i + 1) & (slots_.size() - 1);
      slots_[i] = slot;
    }
  }

  static constexpr int kFirstBits = 16;
  std::vector<Slot> slots_ = std::vector<Slot>(size_t{1} << kFirstBits);
  int shift_ = 64 - kFirstBits;
  size_t size_ = 0;
};

}  // namespace persea
