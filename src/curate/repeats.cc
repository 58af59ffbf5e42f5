#include "curate/repeats.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/hash.h"
#include "curate/char_flags.h"

namespace persea::curate {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr uint32_t kUnique = UINT32_MAX;

// Arithmetic modulo the prime 2^61 - 1: the hash of a row of words depends on its bytes alone, not on how they are cut.
constexpr uint64_t kPrime = (1ULL << 61) - 1;

constexpr uint64_t times(uint64_t a, uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  const uint64_t sum = static_cast<uint64_t>(product & kPrime) + static_cast<uint64_t>(product >> 61);
  return sum >= kPrime ? sum - kPrime : sum;
}

constexpr uint64_t plus(uint64_t a, uint64_t b) { return a + b >= kPrime ? a + b - kPrime : a + b; }

constexpr uint64_t power(uint64_t base, uint64_t exponent) {
  uint64_t result = 1;
  for (; exponent > 0; exponent >>= 1, base = times(base, base))
    if (exponent & 1) result = times(result, base);
  return result;
}

constexpr uint64_t kBase = 0x0b4c2fe6a5d39c71 % kPrime;  // arbitrary
constexpr uint64_t kInverse = power(kBase, kPrime - 2);
static_assert(times(kBase, kInverse) == 1);

// Powers for the lengths that words have; longer ones are computed.
struct Powers {
  std::array<uint64_t, 32> of;
  constexpr explicit Powers(uint64_t base) : of{} {
    for (size_t i = 0; i < of.size(); ++i) of[i] = power(base, i);
  }
};
constexpr Powers kBasePowers(kBase), kInversePowers(kInverse);

uint64_t power_of(const Powers& powers, uint64_t base, size_t n) {
  return n < powers.of.size() ? powers.of[n] : power(base, n);
}

uint64_t spread(uint64_t hash) {  // so that the low bits depend on all
  hash *= 0x9e3779b97f4a7c15;
  return hash ^ hash >> 32;
}

}  // namespace

void Repeats::make_room(size_t entries) {
  const size_t size = std::bit_ceil(std::max<size_t>(16, entries * 2));
  slots_.assign(size, Slot{0, 0, 0});
  mask_ = size - 1;
}

RepeatedTexts Repeats::of_texts(std::span<const std::string_view> texts) {
  make_room(texts.size());
  RepeatedTexts found;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string_view text = texts[i];
    const uint64_t hash = hash64(text);
    size_t slot = hash & mask_;
    while (slots_[slot].first != 0 && !(slots_[slot].hash == hash && texts[slots_[slot].first - 1] == text))
      slot = (slot + 1) & mask_;
    if (slots_[slot].first == 0) {
      slots_[slot] = {hash, static_cast<uint32_t>(i + 1), 1};
      continue;
    }
    const size_t chars = count_chars(text);
    if (found.count == 0) found.example = text;
    ++found.count;
    found.chars += chars;
    const size_t times_counted = slots_[slot].count++ == 1 ? 2 : 1;
    found.count_with_first += times_counted;
    found.chars_with_first += chars * times_counted;
  }
  return found;
}

void Repeats::read(std::span<const Word> words) {
  words_ = words;
  counted_ = 0;
  bytes_hashed_ = false;
}

uint64_t Repeats::sequence_hash(size_t first, size_t n) const {
  uint64_t hash = n;
  for (size_t i = 0; i < n; ++i) hash = (hash ^ words_[first + i].hash) * 0x9fb21c651e98df25 + (hash >> 29);
  return spread(hash);
}

bool Repeats::same_sequence(size_t a, size_t b, size_t n) const {
  for (size_t i = 0; i < n; ++i)
    if (words_[a + i].text != words_[b + i].text) return false;
  return true;
}

// Leaves in slot_of_ where the row of each word is counted. A row can only come again where the shorter rows in it do.
void Repeats::count_sequences(size_t n) {
  const size_t rows = words_.size() - n + 1;
  const bool known = counted_ > 0 && counted_ < n;
  size_t candidates = rows;
  if (known) {
    candidates = 0;
    for (size_t i = 0; i < rows; ++i) candidates += repeated_[i] && repeated_[i + n - counted_];
  }
  make_room(candidates);
  slot_of_.assign(rows, kUnique);
  for (size_t i = 0; i < rows; ++i) {
    if (known && !(repeated_[i] && repeated_[i + n - counted_])) continue;
    const uint64_t hash = sequence_hash(i, n);
    size_t slot = hash & mask_;
    while (slots_[slot].first != 0 && !(slots_[slot].hash == hash && same_sequence(slots_[slot].first - 1, i, n)))
      slot = (slot + 1) & mask_;
    if (slots_[slot].first == 0) slots_[slot] = {hash, static_cast<uint32_t>(i + 1), 0};
    ++slots_[slot].count;
    slot_of_[i] = static_cast<uint32_t>(slot);
  }
  repeated_.assign(rows, false);
  for (size_t i = 0; i < rows; ++i) repeated_[i] = slot_of_[i] != kUnique && slots_[slot_of_[i]].count > 1;
  counted_ = n;
}

TopRow Repeats::top(size_t n) {
  count_sequences(n);
  TopRow top{1, 0};
  for (size_t i = 0; i < slot_of_.size(); ++i)
    if (slot_of_[i] != kUnique && slots_[slot_of_[i]].count > top.count) top = {slots_[slot_of_[i]].count, i};
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

void Repeats::hash_bytes() {
  sums_.resize(words_.size() + 1);
  inverses_.resize(words_.size() + 1);
  uint64_t sum = 0, factor = 1, inverse = 1;
  for (size_t i = 0; i < words_.size(); ++i) {
    sums_[i] = sum;
    inverses_[i] = inverse;
    const std::string_view text = words_[i].text;
    uint64_t value = 0;
    for (size_t k = text.size(); k-- > 0;) value = plus(times(value, kBase), static_cast<unsigned char>(text[k]) + 1U);
    sum = plus(sum, times(value, factor));
    factor = times(factor, power_of(kBasePowers, kBase, text.size()));
    inverse = times(inverse, power_of(kInversePowers, kInverse, text.size()));
  }
  sums_[words_.size()] = sum;
  inverses_[words_.size()] = inverse;
  bytes_hashed_ = true;
}

bool Repeats::same_bytes(size_t a, size_t b, size_t n) const {
  size_t word_a = a, word_b = b;
  std::string_view left, right;
  for (;;) {
    while (left.empty() && word_a < a + n) left = words_[word_a++].text;
    while (right.empty() && word_b < b + n) right = words_[word_b++].text;
    if (left.empty() || right.empty()) return left.empty() && right.empty();
    const size_t common = std::min(left.size(), right.size());
    if (left.substr(0, common) != right.substr(0, common)) return false;
    left.remove_prefix(common);
    right.remove_prefix(common);
  }
}

RepeatedRows Repeats::rows(size_t n) {
  RepeatedRows found;
  if (words_.size() < n) return found;
  if (!bytes_hashed_) hash_bytes();
  make_room(words_.size() - n + 1);
  for (size_t i = 0; i + n <= words_.size();) {
    const uint64_t hash = spread(times(plus(sums_[i + n], kPrime - sums_[i]), inverses_[i]));
    size_t slot = hash & mask_;
    while (slots_[slot].first != 0 && !(slots_[slot].hash == hash && same_bytes(slots_[slot].first - 1, i, n)))
      slot = (slot + 1) & mask_;
    if (slots_[slot].first == 0) {
      slots_[slot] = {hash, static_cast<uint32_t>(i + 1), 1};
      ++i;
      continue;
    }
    if (!found.first) found.first = i;
    for (size_t k = 0; k < n; ++k) found.chars += words_[i + k].chars;
    i += n;
  }
  return found;
}

}  // namespace persea::curate
