// The windows of a text (rows of a number of tokens) in groups that share an anchor: the row of half as many tokens
// with the least hash in the window, the first of these where there are several. Equal windows have equal anchors at
// equal places (winnowing: Schleimer, Wilkerson and Aiken 2003), so that windows that may be equal can be found among
// those of equal anchors, which are few: about 2 for each half window. Nothing is compared here.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "curate/table_hash.h"

namespace persea::curate {

// Hashes of rows of tokens by polynomials modulo 2^61 - 1, which roll from row to row.
class RowHash {
 public:
  explicit RowHash(size_t tokens);
  static uint64_t reduced(uint64_t hash) { return (hash & kPrime) + (hash >> 61); }
  // The row's hash moves on by a token; `gone` leaves it, 0 while the row is not full yet.
  uint64_t next(uint64_t row, uint64_t come, uint64_t gone) const {
    __extension__ using Wide = unsigned __int128;
    const Wide sum = static_cast<Wide>(row) * kBase + static_cast<Wide>(gone) * minus_power_ + come;
    uint64_t folded = static_cast<uint64_t>(sum & kPrime) + static_cast<uint64_t>(sum >> 61);
    folded = (folded & kPrime) + (folded >> 61);
    return folded >= kPrime ? folded - kPrime : folded;
  }

 private:
  static constexpr uint64_t kPrime = (uint64_t{1} << 61) - 1, kBase = 0x1a3c5e7f9b2d4f63 & kPrime;
  uint64_t minus_power_;
};

// Hashes of tokens that are parts of a text; with a key of the process.
class TokenHash {
 public:
  TokenHash() : keys_{table_->of("first"), table_->of("second")} {}

  // Of `token`, which is a part of `text`: bytes behind it are read as long as they lie there too.
  uint64_t of(std::string_view token, std::string_view text) const {
    if (token.size() > 16) return RowHash::reduced(table_->of(token));
    uint64_t halves[2] = {0, 0};
    if (token.data() + 16 <= text.data() + text.size()) {
      std::memcpy(halves, token.data(), 16);
      const size_t bits = 8 * token.size();
      halves[1] = bits <= 64 ? 0 : halves[1] & (~uint64_t{0} >> (128 - bits));
      halves[0] = bits >= 64 ? halves[0] : halves[0] & ~(~uint64_t{0} << bits);
    } else {
      std::memcpy(halves, token.data(), token.size());
    }
    __extension__ using Wide = unsigned __int128;
    const uint64_t low = halves[0] ^ keys_[0], high = halves[1] ^ keys_[1] ^ token.size();
    const Wide product = static_cast<Wide>(low) * high;
    return RowHash::reduced(low ^ high ^ static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64));
  }

 private:
  const TableHash* table_ = &TableHash::get();
  uint64_t keys_[2];
};

// Windows of one document that follow each other and share an anchor.
struct AnchoredWindows {
  uint64_t anchor;  // the anchor's hash, spread evenly; with a key of the process
  uint32_t document;
  uint32_t begin;    // the byte where the first window begins
  uint32_t token;    // and its number in the document
  uint32_t windows;  // 1 to 64
};

// One for each thread: it keeps its memory from text to text.
class WindowAnchors {
 public:
  explicit WindowAnchors(size_t tokens);

  // Calls use(windows) -> Status for the windows of a text of less than 4 GiB, in order. In a row of one token, long
  // enough that it holds a window and its copies again and again, only those windows are given that tell where it
  // begins and ends and one for each length of a window between.
  Status scan(std::string_view text, uint32_t document, const std::function<Status(const AnchoredWindows&)>& use);

 private:
  size_t tokens_, half_;
  RowHash row_;
  TokenHash hash_;
  // Of the last tokens, each at its number modulo the size.
  std::vector<uint64_t> hashes_, orders_;  // orders: of the rows of half_ tokens that begin there
  std::vector<uint32_t> begins_;
};

}  // namespace persea::curate
