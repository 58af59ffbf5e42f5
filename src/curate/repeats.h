// What stands in a text more than once: lines, and rows of n words. Hashes only say where to look; what counts as equal
// is equal, byte for byte.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "curate/row_table.h"
#include "curate/table_hash.h"
#include "curate/words.h"

namespace persea::curate {

struct RepeatedTexts {
  size_t count = 0, chars = 0;                        // of those that stood before already
  size_t count_with_first = 0, chars_with_first = 0;  // and with the first one of each that comes again
  std::string_view example;                           // the first one that stood before; no data where there is none
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

// One for each thread: it keeps its tables from text to text. Texts of under 4 GiB.
class Repeats {
 public:
  RepeatedTexts of_texts(std::span<const std::string_view> texts);

  // From here on the rows are those of `words`, which have to stay until the next call.
  void read(std::span<const Word> words);

  // n from 1 to the number of words, else std::logic_error. Calls with rising n are fast.
  TopRow top(size_t n);

  // Rows whose characters without spaces are equal, however they are cut into words. From left to right; where a row
  // stood before, the next one begins behind it. n of at least 1, else std::logic_error; none where there are fewer
  // words.
  RepeatedRows rows(size_t n);

  RepeatedSequences sequences(size_t n);  // n as for top

 private:
  void join();
  void find_candidates(size_t n);
  void count_sequences(size_t n);
  void check_length(size_t n, size_t most) const;
  std::string_view row_bytes(size_t first, size_t n) const;

  const TableHash* hash_ = &TableHash::get();
  RowTable table_;
  std::span<const Word> words_;
  // Of rows of words.
  std::vector<uint32_t> slot_of_;  // of the row that begins with each word; kUnique where it cannot come twice
  std::vector<uint8_t> repeated_;  // whether the row of counted_ words that begins with each word comes again
  size_t counted_ = 0;             // the n that repeated_ holds for; 0: none yet
  // Of rows of characters.
  bool joined_known_ = false;
  std::string joined_;                // the words without anything between them
  std::vector<uint32_t> starts_;      // of each word in joined_, and the end
  std::vector<uint64_t> beginnings_;  // of each word the hash of the bytes that begin with it, where there are enough
  std::vector<uint8_t> counts_;       // of these bytes, as far as 2; others may share their place
  std::vector<uint32_t> candidates_;  // words, rising, with which a row may begin that comes twice
  size_t candidates_for_ = 0;         // the shortest row that candidates_ holds for; 0: none yet
};

}  // namespace persea::curate
