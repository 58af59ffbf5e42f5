#include "curate/affixes.h"

#include <algorithm>
#include <string>

#include "curate/char_flags.h"
#include "curate/english_words.h"
#include "curate/special_words.h"

namespace persea::curate {
namespace {

constexpr uint32_t kEllipsis = 0x2026, kEnDash = 0x2013, kEmDash = 0x2014, kDegree = 0xb0, kCurvedApostrophe = 0x2019;
constexpr size_t kLongestUnit = 8;  // characters, at least as many as the longest one has

bool is_unit(std::string_view text) {
  static const std::vector<std::string_view> units = [] {
    std::vector<std::string_view> sorted;
    each_listed(kUnits, [&](std::string_view unit) { sorted.push_back(unit); });
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }();
  return std::binary_search(units.begin(), units.end(), text);
}

// Characters of the unit at the end of [begin, end) right behind a digit; 0 where there is none.
size_t unit_of(const Run& run, size_t begin, size_t end) {
  const size_t lowest = end - begin > kLongestUnit + 1 ? end - kLongestUnit - 1 : begin;
  for (size_t i = end; i-- > lowest;)
    if (run.digit(i)) return i + 1 < end && is_unit(run.text(i + 1, end)) ? end - i - 1 : 0;
  return 0;
}

// Whether a period at `i` is cut off by what stands before it.
bool period_ends(const Run& run, size_t begin, size_t i) {
  if (i == begin) return false;
  if (run.is(i - 1, kBeforePeriod)) return true;
  if (i < begin + 2) return false;
  if (run.is(i - 1, kUpper) && run.is(i - 2, kUpper)) return true;
  const uint32_t scale = run.at(i - 1);
  return run.at(i - 2) == kDegree && (scale == 'F' || scale == 'C' || scale == 'K');  // lower case: see kBeforePeriod
}

// The end of the hyphen at `i` if a letter follows it, else `i`.
size_t hyphen_end(const Run& run, size_t i, size_t end) {
  const uint32_t c = run.at(i);
  if (c != '-' && c != kEnDash && c != kEmDash && c != '~') return i;
  const size_t longest = c == '-' ? 3 : c == kEmDash ? 2 : 1;
  for (size_t n = 1; n <= longest && i + n < end; ++n) {
    if (run.is(i + n, kAlpha)) return i + n;
    if (run.at(i + n) != c) break;
  }
  return i;
}

size_t infix_end(const Run& run, size_t begin, size_t end, size_t i) {
  const uint32_t c = run.at(i);
  if (c == '.' && i + 1 < end && run.at(i + 1) == '.') {
    while (i < end && run.at(i) == '.') ++i;
    return i;
  }
  if (c == kEllipsis || run.is(i, kIcon)) return i + 1;
  if (i == begin || i + 1 >= end) return i;
  const size_t before = i - 1, after = i + 1;
  const bool digit_before = run.digit(before), letter_before = run.is(before, kAlpha);
  switch (c) {
    case '+':
    case '*':
    case '^':
    case '-':
      if (digit_before && (run.digit(after) || run.at(after) == '-')) return after;
      break;
    case '.':
      return run.is(before, kLower | kQuote) && run.is(after, kUpper | kQuote) ? after : i;
    case ',':
      return letter_before && run.is(after, kAlpha) ? after : i;
    case ':':
    case '<':
    case '>':
    case '=':
    case '/':
      return (letter_before || digit_before) && run.is(after, kAlpha) ? after : i;
    default:
      break;
  }
  return letter_before || digit_before ? hyphen_end(run, i, end) : i;
}

}  // namespace

void Run::read(std::string_view text) {
  text_ = text;
  size_ = 0;
  if (offsets_.size() <= text.size()) {
    codepoints_.resize(text.size());
    flags_.resize(text.size());
    offsets_.resize(text.size() + 1);
  }
  for (size_t at = 0; at < text.size(); ++size_) {
    const CharAt c = first_char(text.substr(at));
    codepoints_[size_] = c.codepoint;
    flags_[size_] = c.flags;
    offsets_[size_] = static_cast<uint32_t>(at);
    at += c.bytes;
  }
  offsets_[size_] = static_cast<uint32_t>(text.size());
}

size_t prefix_of(const Run& run, size_t begin, size_t end) {
  if (begin == end) return 0;
  if (run.is(begin, kPrefix)) return 1;
  const auto next = [&](size_t n) { return begin + n < end ? run.at(begin + n) : 0; };
  switch (run.at(begin)) {
    case '+':
      return next(1) >= '0' && next(1) <= '9' ? 0 : 1;
    case '.': {
      size_t dots = 1;
      while (next(dots) == '.') ++dots;
      return dots > 1 ? dots : 0;
    }
    case 'U':
      return next(1) == 'S' && next(2) == '$' ? 3 : 0;
    case 'A':
    case 'C':
      return next(1) == '$' ? 2 : 0;
    default:
      return 0;
  }
}

// Of all rules that fit, the one that reaches furthest back counts: the leftmost match.
size_t suffix_of(const Run& run, size_t begin, size_t end) {
  if (begin == end) return 0;
  const size_t last = end - 1;
  const uint32_t c = run.at(last), before = last > begin ? run.at(last - 1) : 0;
  size_t longest = run.is(last, kSuffix) ? 1 : 0;
  if (c == '.') {
    size_t dots = 1;
    while (dots < end - begin && run.at(last - dots) == '.') ++dots;
    if (dots > 1) return dots;
    if (period_ends(run, begin, last)) longest = 1;
  } else if (c == kEllipsis) {
    if (before == kEllipsis) longest = 2;
  } else if (c == 's' || c == 'S') {
    if (before == '\'' || before == kCurvedApostrophe) longest = 2;
  } else if (c == '+') {
    if (before >= '0' && before <= '9') longest = 1;
  }
  return std::max(longest, unit_of(run, begin, end));
}

std::pair<size_t, size_t> infix_of(const Run& run, size_t begin, size_t end, size_t from) {
  for (size_t i = from; i < end; ++i) {
    const size_t stop = infix_end(run, begin, end, i);
    if (stop > i) return {i, stop};
  }
  return {end, end};
}

}  // namespace persea::curate
