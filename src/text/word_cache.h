// Words that were encoded lately and their tokens: a two-way hash table that forgets. Text repeats its words so often
// that encoding is mostly this look-up. One thread at a time uses a cache.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include "text/word_key.h"

namespace persea {

class WordCache {
 public:
  static constexpr size_t kInlineTokens = 3;
  static constexpr size_t kMaxBytes = 256;  // longer words are not kept

  // Words of at most 16 bytes lie in the entry itself, and up to three tokens; the rest lies in two arenas.
  struct Entry {
    std::array<uint64_t, 2> key;                // of a longer word: its hash, and where its bytes lie
    std::array<int32_t, kInlineTokens> tokens;  // more than three: where they lie, in tokens[0]
    uint16_t bytes, count;                      // bytes = 0: empty
  };
  static_assert(sizeof(Entry) == 32);

  static constexpr int kSetBits = 15, kFewSetBits = 8;

  explicit WordCache(int set_bits = kSetBits)
      : shift_(64 - set_bits), entries_(static_cast<Entry*>(std::calloc(size_t{2} << set_bits, sizeof(Entry)))) {
    if (!entries_) throw std::bad_alloc();  // pages that the kernel zeroes as they are touched
  }
  bool is_small() const { return shift_ > 64 - kSetBits; }

  // The entry of a word, or nullptr.
  const Entry* find(std::string_view word, const WordKey& key) const {
    const Entry* set = set_of(key);
    for (const Entry* e = set; e < set + 2; ++e) {
      if (e->key[0] != key.parts[0] || e->bytes != word.size()) continue;
      if (word.size() <= WordKey::kInline ? e->key[1] == key.parts[1]
                                          : std::memcmp(bytes_.data() + e->key[1], word.data(), word.size()) == 0)
        return e;
    }
    return nullptr;
  }
  std::span<const int32_t> tokens(const Entry& entry) const {
    if (entry.count <= kInlineTokens) return {entry.tokens.data(), entry.count};
    return {tokens_.data() + entry.tokens[0], entry.count};
  }
  void insert(std::string_view word, const WordKey& key, std::span<const int32_t> tokens);

 private:
  static constexpr size_t kArenaBytes = 4 << 20, kArenaTokens = 1 << 20;
  Entry* set_of(const WordKey& key) const { return entries_.get() + 2 * (key.hash >> shift_); }

  struct Free {
    void operator()(Entry* entries) const { std::free(entries); }
  };
  int shift_;  // of a hash, which leaves the number of its set
  std::unique_ptr<Entry[], Free> entries_;
  std::vector<char> bytes_;
  std::vector<int32_t> tokens_;
};

}  // namespace persea
