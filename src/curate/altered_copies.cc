#include "curate/altered_copies.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "curate/char_flags.h"

namespace persea::curate {
namespace {

constexpr size_t kLeaders = 8;       // texts of a cluster that others are compared with
constexpr size_t kMostSteps = 1000;  // words put in and left out together, that an alignment is sought for
constexpr size_t kBatch = 256;       // clusters

MinHashSettings key_settings() {
  MinHashSettings settings;
  settings.bands = AlteredCopyKeys::kBands;
  settings.seed = 0x616c746572;  // other functions than those of plain near duplicates
  return settings;
}

// Numbers and names among words: whether there are few enough, and enough others.
bool can_be_compared(const std::vector<MaskedWord>& words, const AlteredCopySettings& settings) {
  const auto masked =
      std::count_if(words.begin(), words.end(), [](const MaskedWord& word) { return word.kind != MaskKind::word; });
  const auto all = static_cast<int64_t>(words.size());
  return all - masked >= settings.min_words &&
         static_cast<double>(masked) <= settings.max_masked_share * static_cast<double>(all);
}

// Skips white space, and gives a character of ASCII in lower case.
class Plain {
 public:
  explicit Plain(std::string_view text) : text_(text) {}
  int next() {
    while (!text_.empty()) {
      const CharAt c = first_char(text_);
      text_.remove_prefix(c.bytes);
      if (c.flags & kSpace) continue;
      return static_cast<int>(c.codepoint >= 'A' && c.codepoint <= 'Z' ? c.codepoint + 32 : c.codepoint);
    }
    return -1;
  }

 private:
  std::string_view text_;
};

}  // namespace

AlteredCopyKeys::AlteredCopyKeys(const AlteredCopySettings& settings)
    : settings_(settings), hasher_(*MinHasher::create(key_settings())) {}

bool AlteredCopyKeys::keys(std::string_view text, std::span<uint64_t> out) {
  if (text.size() >= UINT32_MAX) return false;
  mask_words(text, words_);
  if (!can_be_compared(words_, settings_)) return false;
  masked_text(text, words_, masked_);
  return hasher_.keys(masked_, out);
}

bool TextAligner::equal(size_t i, size_t k) const {
  const MaskedWord &one = a_[i], &other = b_[k];
  if (one.hash != other.hash || one.kind != other.kind) return false;
  return one.kind != MaskKind::word ||
         original_.substr(one.begin, one.end - one.begin) == copy_.substr(other.begin, other.end - other.begin);
}

// The shortest way from one row of words to the other in at most so many steps (Myers 1986): after each number of
// steps the furthest word of the original on each diagonal. Fills matches_.
bool TextAligner::align(size_t most) {
  const auto n = static_cast<int64_t>(a_.size()), m = static_cast<int64_t>(b_.size());
  reached_.clear();
  if (static_cast<size_t>(std::abs(n - m)) > most) return false;
  for (size_t steps = 0; steps <= most; ++steps) {
    const auto d = static_cast<int64_t>(steps);
    const size_t row = reached_.size(), before = row - (steps > 0 ? 2 * steps - 1 : 0);
    reached_.resize(row + 2 * steps + 1, -1);
    // Diagonal k of a row of d steps is at k + d.
    for (int64_t k = -d; k <= d; k += 2) {
      const auto at_before = [&](int64_t diagonal) { return reached_[before + static_cast<size_t>(diagonal + d - 1)]; };
      int64_t i = 0;
      if (d > 0)
        i = k == -d || (k != d && at_before(k - 1) < at_before(k + 1)) ? at_before(k + 1) : at_before(k - 1) + 1;
      int64_t j = i - k;
      while (i < n && j < m && equal(static_cast<size_t>(i), static_cast<size_t>(j))) ++i, ++j;
      reached_[row + static_cast<size_t>(k + d)] = i;
      if (i >= n && j >= m) {
        trace(steps);
        return true;
      }
    }
  }
  return false;
}

// Walks back from the end.
void TextAligner::trace(size_t steps) {
  matches_.clear();
  auto i = static_cast<int64_t>(a_.size()), j = static_cast<int64_t>(b_.size());
  for (auto d = static_cast<int64_t>(steps); d >= 0; --d) {
    int64_t from = 0, k = i - j, came = 0, start = 0;  // of the original: the end of the step before, this one's begin
    if (d > 0) {
      const int64_t before = (d - 1) * (d - 1);  // rows of 1, 3, 5 ... lie before it
      const auto at_before = [&](int64_t diagonal) { return reached_[static_cast<size_t>(before + diagonal + d - 1)]; };
      const bool put_in = k == -d || (k != d && at_before(k - 1) < at_before(k + 1));
      came = put_in ? k + 1 : k - 1;
      from = at_before(came);
      start = put_in ? from : from + 1;
    }
    while (i > start) {
      --i, --j;
      matches_.emplace_back(static_cast<uint32_t>(i), static_cast<uint32_t>(j));
    }
    i = from;
    j = from - came;
  }
  std::reverse(matches_.begin(), matches_.end());
}

bool TextAligner::same_mask(const MaskedWord& one, const MaskedWord& other) const {
  Plain left(original_.substr(one.begin, one.end - one.begin)),
      right(copy_.substr(other.begin, other.end - other.begin));
  while (true) {
    const int a = left.next(), b = right.next();
    if (a != b) return false;
    if (a < 0) return true;
  }
}

// The words between two matches, in either text.
void TextAligner::add_gap(const Match& before, const Match& behind, std::vector<Difference>& differences) const {
  if (before.first == behind.first && before.second == behind.second) return;
  const auto place = [](const std::vector<MaskedWord>& words, uint32_t first, uint32_t end) {
    if (first < end) return Place{words[first].begin, words[end - 1].end};
    const size_t at = first > 0 ? words[first - 1].end : 0;
    return Place{at, at};
  };
  differences.push_back(
      {DifferenceKind::other, place(a_, before.first, behind.first), place(b_, before.second, behind.second)});
}

TextAligner::Verdict TextAligner::compare(std::string_view original, std::string_view copy,
                                          std::vector<Difference>& differences) {
  differences.clear();
  original_ = original;
  copy_ = copy;
  mask_words(original, a_);
  mask_words(copy, b_);
  if (!can_be_compared(a_, settings_) || !can_be_compared(b_, settings_)) return Verdict::different;
  const double a_other = settings_.max_other_share * static_cast<double>(a_.size());
  const double b_other = settings_.max_other_share * static_cast<double>(b_.size());
  if (!align(std::min(kMostSteps, static_cast<size_t>(a_other + b_other)))) return Verdict::different;
  if (static_cast<double>(a_.size() - matches_.size()) > a_other ||
      static_cast<double>(b_.size() - matches_.size()) > b_other)
    return Verdict::different;
  bool altered = false;
  Match next{0, 0};
  for (const Match& match : matches_) {
    add_gap(next, match, differences);
    next = {match.first + 1, match.second + 1};
    const MaskedWord &one = a_[match.first], &other = b_[match.second];
    if (one.kind == MaskKind::word || same_mask(one, other)) continue;
    altered = true;
    differences.push_back({one.kind == MaskKind::number ? DifferenceKind::number : DifferenceKind::name,
                           {one.begin, one.end},
                           {other.begin, other.end}});
  }
  add_gap(next, {static_cast<uint32_t>(a_.size()), static_cast<uint32_t>(b_.size())}, differences);
  return altered ? Verdict::altered : Verdict::same;
}

namespace {

// The altered copies of one cluster, whose documents are in order. A text that is like none before it becomes one that
// later texts are compared with, as long as these are few.
void search_cluster(std::span<const uint32_t> documents, const TextOf& text_of, TextAligner& aligner,
                    std::vector<AlteredCopy>& found) {
  std::vector<uint32_t> leaders;
  AlteredCopy copy;
  for (const uint32_t document : documents) {
    auto verdict = TextAligner::Verdict::different;
    for (const uint32_t leader : leaders) {
      verdict = aligner.compare(text_of(leader), text_of(document), copy.differences);
      if (verdict == TextAligner::Verdict::different) continue;
      if (verdict == TextAligner::Verdict::altered) {
        copy.original = leader;
        copy.copy = document;
        found.push_back(copy);
      }
      break;
    }
    if (verdict == TextAligner::Verdict::different && leaders.size() < kLeaders) leaders.push_back(document);
  }
}

Status check(const AlteredCopySettings& settings) {
  if (settings.min_words < 1) return fail("altered copies: `min_words` is {}: say 1 or more", settings.min_words);
  for (const auto& [name, share] : {std::pair{"max_masked_share", settings.max_masked_share},
                                    std::pair{"max_other_share", settings.max_other_share}})
    if (!(share >= 0 && share <= 1)) return fail("altered copies: `{}` is {}: say 0 to 1", name, share);
  return {};
}

}  // namespace

Status find_altered_copies(std::span<const uint32_t> first, const TextOf& text_of, const AlteredCopySettings& settings,
                           const std::function<Status(const AlteredCopy&)>& sink) {
  PERSEA_CHECK(check(settings));
  std::vector<uint64_t> members;  // of clusters of more than one document: the first one's number, then the own
  for (uint32_t i = 0; i < first.size(); ++i)
    if (first[i] != i) members.push_back(static_cast<uint64_t>(first[i]) << 32 | i);
  std::sort(members.begin(), members.end());
  std::vector<std::vector<uint32_t>> clusters;
  for (size_t at = 0; at < members.size();) {
    clusters.clear();
    while (at < members.size() && clusters.size() < kBatch) {
      const auto root = static_cast<uint32_t>(members[at] >> 32);
      clusters.push_back({root});
      for (; at < members.size() && members[at] >> 32 == root; ++at)
        clusters.back().push_back(static_cast<uint32_t>(members[at]));
    }
    std::vector<std::vector<AlteredCopy>> found(clusters.size());
    pool().parallel_for(static_cast<int64_t>(clusters.size()), [&](int64_t i) {
      TextAligner aligner(settings);
      search_cluster(clusters[static_cast<size_t>(i)], text_of, aligner, found[static_cast<size_t>(i)]);
    });
    for (const auto& some : found)
      for (const AlteredCopy& copy : some) PERSEA_CHECK(sink(copy));
  }
  return {};
}

}  // namespace persea::curate
