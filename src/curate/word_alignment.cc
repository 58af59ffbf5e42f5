#include "curate/word_alignment.h"

#include <algorithm>

namespace persea::curate {
namespace {

// A cell is one number, so that the larger one is the better one: bits, words, numbers, then where it begins (later is
// better, as what is shorter). That place counts from the window's first word.
constexpr int kBitsAt = 44, kWordsAt = 34, kNumbersAt = 24, kCountMask = 1023;
constexpr uint64_t kOneBit = uint64_t{1} << kBitsAt, kOneWord = uint64_t{1} << kWordsAt,
                   kOneNumber = uint64_t{1} << kNumbersAt, kBeginMask = kOneNumber - 1;

}  // namespace

size_t alignment_slack(size_t words) { return 4 + words / 8; }

Alignment align(std::span<const PlainWord> text, std::span<const uint8_t> bits, std::span<const PlainWord> document,
                size_t at, size_t place, std::vector<uint64_t>& rows) {
  const auto slack = static_cast<int64_t>(alignment_slack(text.size()));
  const int64_t width = 2 * slack + 1, count = static_cast<int64_t>(document.size());
  const int64_t corner = static_cast<int64_t>(place) - static_cast<int64_t>(at) - slack;  // of row 0, column 0
  // Two rows with a column of nothing at each end.
  rows.assign(2 * static_cast<size_t>(width + 2), 0);
  uint64_t *before = rows.data() + 1, *now = before + width + 2;
  uint64_t best = 0;
  int64_t best_end = 0;
  for (size_t i = 0; i < text.size(); ++i, std::swap(before, now)) {
    const PlainWord word = text[i];
    const uint64_t worth = bits[i] * kOneBit + kOneWord + (is_number(word) ? kOneNumber : 0);
    const int64_t first = corner + static_cast<int64_t>(i);
    const int64_t from = std::clamp<int64_t>(-first, 0, width), to = std::clamp<int64_t>(count - first, 0, width);
    for (int64_t k = 0; k < from; ++k) now[k] = before[k + 1];
    for (int64_t k = from; k < to; ++k) {
      const uint64_t left = now[k - 1];
      uint64_t cell = std::max(before[k + 1], left >= 2 * kOneBit ? left - kOneBit : 0);
      if (document[static_cast<size_t>(first + k)] == word) {
        const uint64_t base = before[k] == 0 ? static_cast<uint64_t>(first + k - corner) : before[k];
        cell = std::max(cell, base + worth);
        if (cell > best && cell == base + worth) {
          best = cell;
          best_end = first + k + 1;
        }
      }
      now[k] = cell;
    }
    for (int64_t k = to; k < width; ++k) now[k] = before[k + 1];
    now[-1] = now[width] = 0;
  }
  Alignment found;
  found.bits = static_cast<int>(best >> kBitsAt);
  found.words = static_cast<int>((best >> kWordsAt) & kCountMask);
  found.numbers = static_cast<int>((best >> kNumbersAt) & kCountMask);
  found.begin = static_cast<size_t>(corner + static_cast<int64_t>(best & kBeginMask));
  found.end = static_cast<size_t>(best_end);
  if (best == 0) found.begin = found.end = 0;
  found.cells = static_cast<uint64_t>(width) * text.size();
  return found;
}

}  // namespace persea::curate
