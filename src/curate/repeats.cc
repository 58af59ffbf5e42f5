#include "curate/repeats.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <stdexcept>

#include "curate/char_flags.h"

namespace persea::curate {
namespace {

constexpr uint32_t kUnique = UINT32_MAX;
constexpr size_t kBeginning = 16;  // bytes; about three words and a half

}  // namespace

RepeatedTexts Repeats::of_texts(std::span<const std::string_view> texts) {
  table_.clear(texts.size());
  RepeatedTexts found;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string_view text = texts[i];
    const uint32_t number =
        table_.find(hash_->of(text), static_cast<uint32_t>(i), [&](uint32_t first) { return texts[first] == text; });
    const uint32_t before = table_.at(number).count++;
    if (before == 0) continue;
    const size_t chars = count_chars(text);
    if (found.count == 0) found.example = text;
    ++found.count;
    found.chars += chars;
    const size_t times_counted = before == 1 ? 2 : 1;
    found.count_with_first += times_counted;
    found.chars_with_first += chars * times_counted;
  }
  return found;
}

void Repeats::read(std::span<const Word> words) {
  words_ = words;
  counted_ = candidates_for_ = 0;
  joined_known_ = false;
}

void Repeats::check_length(size_t n, size_t most) const {
  if (n == 0 || n > most) throw std::logic_error("Repeats: no row of " + std::to_string(n) + " words can be counted");
}

// Leaves in slot_of_ where the row of each word is counted. A row can only come again where the shorter rows in it do.
void Repeats::count_sequences(size_t n) {
  check_length(n, words_.size());
  const size_t rows = words_.size() - n + 1;
  const bool known = counted_ > 0 && counted_ < n;
  const auto possible = [&](size_t i) { return !known || (repeated_[i] && repeated_[i + n - counted_]); };
  size_t entries = 0;
  for (size_t i = 0; i < rows; ++i) entries += possible(i);
  table_.clear(entries);
  slot_of_.assign(rows, kUnique);
  for (size_t i = 0; i < rows; ++i) {
    if (!possible(i)) continue;
    uint64_t hash = words_[i].hash;
    for (size_t k = 1; k < n; ++k) hash = TableHash::chain(hash, words_[i + k].hash);
    slot_of_[i] = table_.find(hash, static_cast<uint32_t>(i), [&](uint32_t first) {
      for (size_t k = 0; k < n; ++k)
        if (words_[first + k].text != words_[i + k].text) return false;
      return true;
    });
    ++table_.at(slot_of_[i]).count;
  }
  repeated_.assign(rows, 0);
  for (size_t i = 0; i < rows; ++i) repeated_[i] = slot_of_[i] != kUnique && table_.at(slot_of_[i]).count > 1;
  counted_ = n;
}

TopRow Repeats::top(size_t n) {
  count_sequences(n);
  TopRow top{1, 0};
  for (size_t i = 0; i < slot_of_.size(); ++i)
    if (repeated_[i] && table_.at(slot_of_[i]).count > top.count) top = {table_.at(slot_of_[i]).count, i};
  return top;
}

RepeatedSequences Repeats::sequences(size_t n) {
  count_sequences(n);
  RepeatedSequences found;
  uint64_t chars = 0;  // of the row that begins with word i
  for (size_t i = 0; i + 1 < n; ++i) chars += words_[i].chars;
  for (size_t i = 0; i < repeated_.size(); ++i) {
    chars += words_[i + n - 1].chars;
    found.all_chars += chars;
    if (repeated_[i]) {
      found.chars += chars;
      if (!found.first) found.first = i;
    }
    chars -= words_[i].chars;
  }
  return found;
}

// Joins the words and hashes the beginnings: the next kBeginning bytes from each word on, where there are so many.
void Repeats::join() {
  starts_.resize(words_.size() + 1);
  size_t bytes = 0;
  for (size_t i = 0; i < words_.size(); ++i) {
    starts_[i] = static_cast<uint32_t>(bytes);
    bytes += words_[i].text.size();
  }
  starts_[words_.size()] = static_cast<uint32_t>(bytes);
  joined_.resize(bytes);
  for (size_t i = 0; i < words_.size(); ++i)
    std::memcpy(joined_.data() + starts_[i], words_[i].text.data(), words_[i].text.size());
  beginnings_.resize(words_.size());
  for (size_t i = 0; i < words_.size() && starts_[i] + kBeginning <= bytes; ++i)
    beginnings_[i] = hash_->of(std::string_view(joined_.data() + starts_[i], kBeginning));
  joined_known_ = true;
}

std::string_view Repeats::row_bytes(size_t first, size_t n) const {
  return std::string_view(joined_).substr(starts_[first], starts_[first + n] - starts_[first]);
}

// A row can only come twice where its beginning does; one that is shorter than these always can. Beginnings are counted
// twice, by other bits of their hashes: what fell on another's place by chance the first time is gone after the second.
void Repeats::find_candidates(size_t n) {
  candidates_.resize(words_.size() - n + 1);
  std::iota(candidates_.begin(), candidates_.end(), 0);
  const size_t size = std::bit_ceil(4 * words_.size());
  for (const int shift : {0, 32}) {
    counts_.assign(size, 0);
    const auto count = [&](uint32_t i) -> uint8_t& { return counts_[beginnings_[i] >> shift & (size - 1)]; };
    for (const uint32_t i : candidates_)
      if (starts_[i] + kBeginning <= joined_.size()) count(i) = static_cast<uint8_t>(std::min(count(i) + 1, 2));
    std::erase_if(candidates_, [&](uint32_t i) { return starts_[i + n] - starts_[i] >= kBeginning && count(i) < 2; });
  }
  candidates_for_ = n;
}

RepeatedRows Repeats::rows(size_t n) {
  check_length(n, SIZE_MAX);
  RepeatedRows found;
  if (words_.size() < n) return found;
  if (!joined_known_) join();
  if (candidates_for_ == 0 || candidates_for_ > n) find_candidates(n);
  table_.clear(candidates_.size());
  size_t behind = 0;  // the last row that stood before
  for (const uint32_t i : candidates_) {
    if (i < behind) continue;
    if (i + n > words_.size()) break;
    const std::string_view row = row_bytes(i, n);
    const uint32_t number = table_.find(hash_->of(row), i, [&](uint32_t first) { return row_bytes(first, n) == row; });
    if (table_.at(number).count++ == 0) continue;
    if (!found.first) found.first = i;
    for (size_t k = 0; k < n; ++k) found.chars += words_[i + k].chars;
    behind = i + n;
  }
  return found;
}

}  // namespace persea::curate
