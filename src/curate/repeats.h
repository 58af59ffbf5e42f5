// What stands in a text more than once: lines, and rows of n words. Hashes only say where to look; what counts as equal
// is equal, byte for byte.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "curate/words.h"

namespace persea::curate {

struct RepeatedTexts {
  size_t count = 0, chars = 0;                        // of those that stood before already
  size_t count_with_first = 0, chars_with_first = 0;  // and with the first one of each that comes again
  std::string_view example;                           // the first one that stood before
};

struct TopRow {
  size_t count = 0;  // of the most frequent row of n words; the earliest one of these, also where none comes twice
  size_t first = 0;  // its first word
};

struct RepeatedRows {
  size_t chars = 0;             // in rows that stood before already
  std::optional<size_t> first;  // the first word of the first of them
};

// Rows of n words whose words are equal, each counted with all its copies.
struct RepeatedSequences {
  uint64_t chars = 0, all_chars = 0;  // in rows that come more than once, and in all rows; overlaps count again
  std::optional<size_t> first;
};

// One for each thread: it keeps its tables from text to text.
class Repeats {
 public:
  RepeatedTexts of_texts(std::span<const std::string_view> texts);

  // From here on the rows are those of `words`, which have to stay until the next call.
  void read(std::span<const Word> words);

  // At least n words; n > 0. Calls with rising n are fast.
  TopRow top(size_t n);

  // Rows whose characters without spaces are equal, however they are cut into words. From left to right; where a row
  // stood before, the next one begins behind it.
  RepeatedRows rows(size_t n);

  RepeatedSequences sequences(size_t n);

 private:
  struct Slot {
    uint64_t hash;
    uint32_t first;  // index + 1; 0 is free
    uint32_t count;
  };

  void make_room(size_t entries);
  void hash_bytes();
  uint64_t sequence_hash(size_t first, size_t n) const;
  bool same_sequence(size_t a, size_t b, size_t n) const;
  bool same_bytes(size_t a, size_t b, size_t n) const;
  void count_sequences(size_t n);

  std::vector<Slot> slots_;
  size_t mask_ = 0;
  std::span<const Word> words_;
  std::vector<uint32_t> slot_of_;  // of the row that begins with each word; kUnique where it cannot come twice
  std::vector<bool> repeated_;     // whether the row of counted_ words that begins with each word comes again
  size_t counted_ = 0;             // the n that repeated_ holds for; 0: none yet
  bool bytes_hashed_ = false;
  std::vector<uint64_t> sums_, inverses_;  // of the polynomial over all bytes before each word
};

}  // namespace persea::curate
