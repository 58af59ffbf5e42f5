// The merges of a byte-pair vocabulary: a flat hash table of pairs, and the one exact way to apply it to a word.
// It knows nothing of words' boundaries, special tokens or files.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace persea {

// (left, right) -> rank and merged token, open addressing.
class MergeTable {
 public:
  static constexpr uint64_t kNone = ~uint64_t{0};

  explicit MergeTable(size_t merges = 0);
  void insert(int32_t left, int32_t right, uint32_t rank, int32_t merged);  // a later rank of the same pair replaces it
  // rank << 32 | merged, so that the lower is the merge to do first; kNone where the pair does not merge.
  uint64_t find(int32_t left, int32_t right) const {
    const uint64_t key = key_of(left, right);
    for (size_t i = slot(key);; i = (i + 1) & mask_) {
      if (slots_[i].pair == key) return slots_[i].merge;
      if (slots_[i].pair == kNone) return kNone;
    }
  }
  bool empty() const { return size_ == 0; }

 private:
  struct Slot {
    uint64_t pair = kNone, merge = kNone;
  };
  static uint64_t key_of(int32_t left, int32_t right) {
    return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
  }
  size_t slot(uint64_t key) const {
    const uint64_t mixed = key * 0x9e3779b97f4a7c15;
    return (mixed ^ mixed >> 32) & mask_;
  }
  std::vector<Slot> slots_;
  size_t mask_, size_ = 0;
};

// Byte-pair encoding of one word: starts from its bytes' tokens and does the merge of the lowest rank, the leftmost
// where several share it, until none is left. Appends the tokens to `out`.
void merge_word(const MergeTable& merges, const std::array<int32_t, 256>& byte_tokens, std::string_view word,
                std::vector<int32_t>& out);

// The same from any tokens to begin with, which are used up.
void merge_tokens(const MergeTable& merges, std::vector<int32_t>& tokens, std::vector<int32_t>& out);

}  // namespace persea
