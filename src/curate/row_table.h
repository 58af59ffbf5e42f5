// A hash table of what begins at places of a text, counted, for Repeats: emptied at no cost, so that short texts pay
// nothing for a long one before them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace persea::curate {

class RowTable {
 public:
  struct Slot {
    uint32_t tag;         // the hash's upper half
    uint32_t generation;  // another one than the table's: free
    uint32_t first;       // the place that came first
    uint32_t count;
  };

  // Empties the table and makes room for so many.
  void clear(size_t entries) {
    const size_t size = std::bit_ceil(std::max<size_t>(16, entries + entries / 2));
    if (size > slots_.size()) {
      slots_.assign(size, Slot{0, 0, 0, 0});
      generation_ = 0;
    }
    if (++generation_ == 0) {
      std::fill(slots_.begin(), slots_.end(), Slot{0, 0, 0, 0});
      generation_ = 1;
    }
    mask_ = size - 1;
  }

  // The number of the slot for what begins at `place`, where same(first) tells whether what begins there is equal; a
  // new one has the count 0.
  template <class Same>
  uint32_t find(uint64_t hash, uint32_t place, const Same& same) {
    const auto tag = static_cast<uint32_t>(hash >> 32);
    size_t number = hash & mask_;
    for (; slots_[number].generation == generation_; number = (number + 1) & mask_)
      if (slots_[number].tag == tag && same(slots_[number].first)) return static_cast<uint32_t>(number);
    slots_[number] = {tag, generation_, place, 0};
    return static_cast<uint32_t>(number);
  }

  Slot& at(uint32_t number) { return slots_[number]; }

 private:
  std::vector<Slot> slots_;
  size_t mask_ = 0;
  uint32_t generation_ = 0;
};

}  // namespace persea::curate
