// Hashes for tables over texts from anywhere. The key is drawn when the program starts, so that nobody can write a text
// whose parts collide; no decision depends on a hash, and none is ever kept or shown. base/hash.h has the one that is
// the same everywhere.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace persea::curate {

class TableHash {
 public:
  static const TableHash& get();  // of this process

  uint64_t of(std::string_view bytes) const {
    const char* p = bytes.data();
    size_t left = bytes.size();
    uint64_t state = keys_[0] ^ left;
    for (; left > 16; p += 16, left -= 16) state = mix(load64(p) ^ keys_[1], load64(p + 8) ^ state);
    uint64_t low = 0, high = 0;  // what is left, 16 bytes at most; with the length these say which bytes
    if (left >= 8) {
      low = load64(p);
      high = load64(p + left - 8);
    } else if (left >= 4) {
      low = load32(p);
      high = load32(p + left - 4);
    } else if (left > 0) {
      low = static_cast<unsigned char>(p[0]) | static_cast<uint64_t>(static_cast<unsigned char>(p[left / 2])) << 8 |
            static_cast<uint64_t>(static_cast<unsigned char>(p[left - 1])) << 16;
    }
    return mix(mix(low ^ keys_[2], high ^ state), keys_[3]);
  }

  // Of a row of things by their own hashes, one after the other.
  static uint64_t chain(uint64_t before, uint64_t next) { return before * 0x9e3779b97f4a7c15 + next; }

 private:
  TableHash();

  // The product of 128 bits folded onto its factors: where one of them is 0, the other still counts.
  static uint64_t mix(uint64_t a, uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return a ^ b ^ static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  static uint64_t load64(const char* p) {
    uint64_t value;
    std::memcpy(&value, p, 8);
    return value;
  }
  static uint64_t load32(const char* p) {
    uint32_t value;
    std::memcpy(&value, p, 4);
    return value;
  }

  uint64_t keys_[4];
};

}  // namespace persea::curate
