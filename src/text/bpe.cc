#include "text/bpe.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <queue>
#include <stdexcept>

namespace persea {
namespace {

constexpr size_t kShort = 48;  // up to here a scan for the lowest rank is faster than a heap

// The leftmost of the lowest rank; pairs of different tokens seldom share one.
const uint64_t* first_merge(const uint64_t* begin, const uint64_t* end, bool shared) {
  if (!shared) return std::min_element(begin, end);
  return std::min_element(begin, end, [](uint64_t a, uint64_t b) { return a >> 32 < b >> 32; });
}

void merge_short(const MergeTable& merges, int32_t* tokens, size_t n, bool shared, std::vector<int32_t>& out) {
  uint64_t next[kShort];  // next[i]: the merge of tokens i and i + 1
  for (size_t i = 0; i + 1 < n; ++i) next[i] = merges.find(tokens[i], tokens[i + 1]);
  while (n > 1) {
    const uint64_t* best = first_merge(next, next + n - 1, shared);
    if (*best == MergeTable::kNone) break;
    const size_t i = best - next;
    tokens[i] = static_cast<int32_t>(static_cast<uint32_t>(*best));
    if (i + 2 < n) {
      std::copy(tokens + i + 2, tokens + n, tokens + i + 1);
      std::copy(next + i + 2, next + n - 1, next + i + 1);
    }
    --n;
    if (i + 1 < n) next[i] = merges.find(tokens[i], tokens[i + 1]);
    if (i > 0) next[i - 1] = merges.find(tokens[i - 1], tokens[i]);
  }
  out.insert(out.end(), tokens, tokens + n);
}

void merge_long(const MergeTable& merges, std::vector<int32_t>& tokens, std::vector<int32_t>& out) {
  constexpr uint32_t kEnd = std::numeric_limits<uint32_t>::max();
  if (tokens.size() >= kEnd) throw std::length_error("merge_word: a word of 4 GB or more; encode the text in parts");
  const auto n = static_cast<uint32_t>(tokens.size());
  std::vector<uint32_t> previous(n), following(n);
  for (uint32_t i = 0; i < n; ++i) previous[i] = i ? i - 1 : kEnd, following[i] = i + 1 < n ? i + 1 : kEnd;

  struct Candidate {
    uint64_t merge;
    uint32_t at;
    bool operator>(const Candidate& other) const {
      return merge >> 32 != other.merge >> 32 ? merge > other.merge : at > other.at;
    }
  };
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto offer = [&](uint32_t i) {
    if (i == kEnd || following[i] == kEnd) return;
    const uint64_t merge = merges.find(tokens[i], tokens[following[i]]);
    if (merge != MergeTable::kNone) queue.push({merge, i});
  };
  for (uint32_t i = 0; i < n; ++i) offer(i);
  while (!queue.empty()) {
    const auto [merge, i] = queue.top();
    queue.pop();
    // A candidate outlives the tokens it was made of: it counts only while they still merge to what it says.
    if (tokens[i] < 0 || following[i] == kEnd || merges.find(tokens[i], tokens[following[i]]) != merge) continue;
    const uint32_t gone = following[i];
    tokens[i] = static_cast<int32_t>(static_cast<uint32_t>(merge));
    tokens[gone] = -1;
    following[i] = following[gone];
    if (following[i] != kEnd) previous[following[i]] = i;
    offer(previous[i]);
    offer(i);
  }
  std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(out), [](int32_t token) { return token >= 0; });
}

}  // namespace

MergeTable::MergeTable(size_t merges) : slots_(std::bit_ceil(2 * merges + 2)), mask_(slots_.size() - 1) {}

void MergeTable::insert(int32_t left, int32_t right, uint32_t rank, int32_t merged) {
  const uint64_t key = key_of(left, right);
  size_t i = slot(key);
  while (slots_[i].pair != key && slots_[i].pair != kNone) i = (i + 1) & mask_;
  if (slots_[i].pair == kNone && ++size_ * 2 > slots_.size())
    throw std::logic_error("MergeTable::insert: more merges than the table was made for");
  slots_[i] = {key, uint64_t{rank} << 32 | static_cast<uint32_t>(merged)};
}

void merge_word(const MergeTable& merges, const std::array<int32_t, 256>& byte_tokens, std::string_view word,
                std::vector<int32_t>& out) {
  if (word.size() <= kShort) {
    int32_t tokens[kShort];
    for (size_t i = 0; i < word.size(); ++i) tokens[i] = byte_tokens[static_cast<unsigned char>(word[i])];
    merge_short(merges, tokens, word.size(), false, out);
  } else {
    std::vector<int32_t> tokens(word.size());
    for (size_t i = 0; i < word.size(); ++i) tokens[i] = byte_tokens[static_cast<unsigned char>(word[i])];
    merge_long(merges, tokens, out);
  }
}

void merge_tokens(const MergeTable& merges, std::vector<int32_t>& tokens, std::vector<int32_t>& out) {
  if (tokens.size() <= kShort) return merge_short(merges, tokens.data(), tokens.size(), true, out);
  merge_long(merges, tokens, out);
}

}  // namespace persea
