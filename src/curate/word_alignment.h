// How much of a short text stands in a long one, in its order, around a place where both have the same word: alignment
// inside a band (Smith and Waterman 1981, Chao, Pearson and Miller 1992), each word counting as much as it says. It
// finds no places by itself.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "curate/plain_words.h"

namespace persea::curate {

struct Alignment {
  int bits = 0;               // of the words that stand there, less one for each other word between them
  int words = 0;              // how many they are
  int numbers = 0;            // of these, how many are numbers
  size_t begin = 0, end = 0;  // words [begin, end) of the long text
  uint64_t cells = 0;         // the work that it took
};

// How far the copy of a text of so many words may shift against the place where it was met.
size_t alignment_slack(size_t words);

// `text` with what each word says (1 to 255 bits) against `document`, where word `at` of the first may stand at `place`
// of the second; at most 1,000 words. `rows` is scratch.
Alignment align(std::span<const PlainWord> text, std::span<const uint8_t> bits, std::span<const PlainWord> document,
                size_t at, size_t place, std::vector<uint64_t>& rows);

}  // namespace persea::curate
