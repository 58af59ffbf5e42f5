// The key of a word in hash tables: up to 16 bytes the word itself, beyond that a hash that needs a look at the bytes.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/hash.h"

namespace persea {

struct WordKey {
  static constexpr size_t kInline = 16;

  std::array<uint64_t, 2> parts;  // the bytes and zeros behind them; of a longer word its hash, and 0
  uint64_t hash;

  // `readable`: how many bytes may be read from the word's begin on, at least its length.
  static WordKey of(std::string_view word, size_t readable) {
    if (word.size() > kInline) {
      const uint64_t hash = hash64(word);
      return {{hash, 0}, hash};
    }
    std::array<uint64_t, 2> parts{};
    if (readable >= kInline) {
      std::memcpy(parts.data(), word.data(), kInline);
      parts[0] &= kMasks[word.size() + 8], parts[1] &= kMasks[word.size()];
    } else {
      std::memcpy(parts.data(), word.data(), word.size());
    }
    return {parts, mix(parts, word.size())};
  }

  static uint64_t mix(const std::array<uint64_t, 2>& parts, size_t bytes) {
    const auto product =
        static_cast<unsigned __int128>(parts[0] ^ 0x2d358dccaa6c78a5) * (parts[1] ^ (0x8bb84b93962eacc9 + bytes));
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }

 private:
  // kMasks[n + 8] keeps the first n bytes of a word's first eight, kMasks[n] those of its second eight.
  static constexpr std::array<uint64_t, 25> kMasks = [] {
    std::array<uint64_t, 25> masks{};
    for (size_t i = 9; i < 16; ++i) masks[i] = (uint64_t{1} << 8 * (i - 8)) - 1;
    for (size_t i = 16; i < 25; ++i) masks[i] = ~uint64_t{0};
    return masks;
  }();
};

}  // namespace persea
