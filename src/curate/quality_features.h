// What a text is to a quality model: its rows of words and of bytes, hashed (Weinberger et al. 2009, arXiv 0902.2206)
// to one of 2^bits weights and a sign each. One walk over the bytes, without memory. A word is letters and digits in a
// row, in lower case as far as they are ASCII, all digits alike; any other mark is a word of its own, a line's end too.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "curate/sample.h"

namespace persea::curate {

// What a model looks at. A change gives a model other features: it is part of the model's file.
struct QualityShape {
  int bits = 18;                // log2 of the number of weights, 10 to 24
  int words = 2;                // rows of one to so many words, 0 to 3
  int bytes = 4;                // rows of so many bytes, 0 (none) or 2 to 8
  int64_t sample_bytes = 8192;  // of a longer text so much is looked at (sample.h); 0: all

  bool operator==(const QualityShape&) const = default;
};

struct QualityFeature {
  uint64_t hash;
  size_t begin, end;  // bytes of the text where it stands

  uint32_t index(int bits) const { return static_cast<uint32_t>(hash >> (64 - bits)); }
  bool negative(int bits) const { return (hash >> (63 - bits) & 1) != 0; }
};

namespace quality {

enum class ByteClass : uint8_t { space, mark, word };

// What a byte counts as: itself in lower case, any digit as '0', white space but '\n' as ' '.
struct ByteTable {
  std::array<uint8_t, 256> folded{};
  std::array<ByteClass, 256> classes{};
  constexpr ByteTable() {
    for (int i = 0; i < 256; ++i) {
      const bool upper = i >= 'A' && i <= 'Z', digit = i >= '0' && i <= '9', space = i <= ' ' && i != '\n';
      folded[i] = static_cast<uint8_t>(upper ? i + 32 : digit ? '0' : space ? ' ' : i);
      const bool word = upper || digit || (i >= 'a' && i <= 'z') || i >= 0x80;
      classes[i] = word ? ByteClass::word : space ? ByteClass::space : ByteClass::mark;
    }
  }
};
inline constexpr ByteTable kByteTable;

constexpr uint64_t kMixA = 0x9e3779b97f4a7c15, kMixB = 0xd6e8feb86659fd93, kMixC = 0xc2b2ae3d27d4eb4f;

// All bits of x count in the upper ones of the result.
constexpr uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 32)) * kMixB;
  return (x ^ (x >> 29)) * kMixC;
}

// The words just behind a place, and the rows that end there.
template <class Take>
class WordRows {
 public:
  WordRows(int most, Take& take) : most_(most), take_(take) {}
  void add(uint64_t word, size_t begin, size_t end) {
    take_(QualityFeature{mix(word), begin, end});
    if (most_ >= 2 && count_ >= 1) take_(QualityFeature{mix(last_ * kMixA + word), last_begin_, end});
    if (most_ >= 3 && count_ >= 2)
      take_(QualityFeature{mix((before_ * kMixA + last_) * kMixA + word), before_begin_, end});
    before_ = last_, before_begin_ = last_begin_;
    last_ = word, last_begin_ = begin;
    ++count_;
  }

 private:
  int most_;
  Take& take_;
  uint64_t last_ = 0, before_ = 0;
  size_t last_begin_ = 0, before_begin_ = 0, count_ = 0;
};

}  // namespace quality

// Calls words(feature) and bytes(feature) for each row in text[place], in the order of their ends.
template <class Words, class Bytes>
void walk_features(std::string_view text, Place place, const QualityShape& shape, Words&& words, Bytes&& bytes) {
  using quality::ByteClass;
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  const auto length = static_cast<size_t>(shape.bytes);
  const uint64_t mask = shape.bytes >= 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * length)) - 1;
  quality::WordRows rows(shape.words, words);
  uint64_t window = 0, word = 0;
  size_t filled = 0, begin = place.begin;
  bool in_word = false;
  uint8_t last = ' ';
  for (size_t i = place.begin; i < place.end; ++i) {
    const uint8_t c = quality::kByteTable.folded[data[i]];
    if (length > 0 && !(c == ' ' && last == ' ')) {
      window = window << 8 | c;
      if (++filled >= length)  // spaces in a row count once, so that the row may begin a little before
        bytes(QualityFeature{((window & mask) ^ quality::kMixC) * quality::kMixA, i + 1 - length, i + 1});
    }
    last = c;
    if (shape.words == 0) continue;
    const ByteClass kind = quality::kByteTable.classes[data[i]];
    if (kind == ByteClass::word) {
      if (!in_word) begin = i, word = 0, in_word = true;
      word = (word ^ c) * quality::kMixB + quality::kMixC;
      continue;
    }
    if (in_word) rows.add(word, begin, i);
    in_word = false;
    if (kind == ByteClass::mark) rows.add(c, i, i + 1);
  }
  if (in_word) rows.add(word, begin, place.end);
}

}  // namespace persea::curate
