#include "text/bpe_train.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "text/byte_level.h"
#include "text/pair_counts.h"
#include "text/word_count.h"
#include "text/word_scanner.h"

namespace persea {
namespace {

using Pair = std::pair<int32_t, int32_t>;

// Counts the words of all the source's text on all threads.
Result<WordCount> count_words(const BpeTraining& training, const TextSource& source, ThreadPool& threads,
                              BpeTrainingFacts& facts) {
  std::mutex mutex;
  bool more = true;
  std::optional<Error> error;
  WordCount total;
  const auto longest = static_cast<size_t>(training.max_word_bytes);
  threads.run([&](int) {
    WordCount own;
    BpeTrainingFacts seen;
    std::string text;
    while (true) {
      {
        const std::lock_guard lock(mutex);
        if (!more) break;
        text.clear();
        auto next = source(text);
        more = next.ok() && *next;
        if (!next) error = next.error();
        if (!more) break;
      }
      const char *p = text.data(), *end = p + text.size();
      const WordScanner scanner(training.split, end);
      seen.bytes += static_cast<int64_t>(text.size());
      while (p < end) {
        const char* word_end = scanner.word_end(p);
        const std::string_view word(p, word_end - p);
        ++seen.words;
        if (longest == 0 || word.size() <= longest) {
          own.add(word, end - p);
        } else {
          ++seen.long_words;
        }
        p = word_end;
      }
    }
    const std::lock_guard lock(mutex);
    facts.bytes += seen.bytes, facts.words += seen.words, facts.long_words += seen.long_words;
    if (total.size() == 0) {
      total = std::move(own);
    } else {
      total.add(own);
    }
  });
  if (error) return *error;
  facts.distinct_words = static_cast<int64_t>(total.size());
  return total;
}

// The words as sequences of tokens, and the merges done on them. What a merge changes is written down by the neighbour
// that it has on one side, since every changed pair is (neighbour, left), (neighbour, merged), (right, neighbour) or
// (merged, neighbour): dense arrays, and one look-up for each distinct pair in the end.
class Merger {
 public:
  Merger(const BpeTraining& training, const WordCount& count, std::vector<std::string> tokens,
         const std::array<int32_t, 256>& byte_tokens);
  // Merges until the vocabulary is full or no pair is left.
  void run();
  std::vector<std::string>& tokens() { return tokens_; }
  std::vector<Pair> merges() const;

 private:
  struct Word {
    uint64_t begin;
    uint32_t length;
    uint64_t count;
  };
  // A pair, its count when it was put here, and the words it was seen in: occurrences_[begin .. begin + words).
  struct Candidate {
    int64_t count;
    int32_t left, right;
    uint64_t begin;
    uint32_t words;
    bool operator<(const Candidate& other) const {  // the queue's top: the highest count, then the lowest pair
      return count != other.count ? count < other.count : Pair(left, right) > Pair(other.left, other.right);
    }
  };
  // What one merge changed beside the neighbours on one side.
  struct Side {
    std::vector<int64_t> lost, gained;         // of each neighbour
    std::vector<std::vector<uint32_t>> words;  // where it gained
    std::vector<int32_t> touched;
    void note(int32_t neighbour, uint64_t count, bool gains, uint32_t word);
  };

  void count_pairs(size_t first_byte);
  void merge(const Candidate& candidate, int32_t merged);
  void merge_in(uint32_t word, int32_t left, int32_t right, int32_t merged);
  void offer(int32_t left, int32_t right, const std::vector<uint32_t>& words);

  const BpeTraining& training_;
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, int32_t> id_of_;
  std::unordered_set<std::string> special_;
  std::vector<Word> words_;
  std::vector<int32_t> symbols_;
  PairCounts counts_;
  std::vector<uint32_t> occurrences_;
  std::priority_queue<Candidate> queue_;
  Side left_, right_;
  std::vector<Pair> done_;
};

Merger::Merger(const BpeTraining& training, const WordCount& count, std::vector<std::string> tokens,
               const std::array<int32_t, 256>& byte_tokens)
    : training_(training),
      tokens_(std::move(tokens)),
      special_(training.special_tokens.begin(), training.special_tokens.end()) {
  for (size_t id = special_.size(); id < tokens_.size(); ++id) id_of_.emplace(tokens_[id], static_cast<int32_t>(id));
  count.for_each([&](std::string_view word, uint64_t times) {
    words_.push_back({symbols_.size(), static_cast<uint32_t>(word.size()), times});
    for (const char c : word) symbols_.push_back(byte_tokens[static_cast<unsigned char>(c)]);
  });
  for (Side* side : {&left_, &right_}) {
    side->lost.resize(training.vocab_size), side->gained.resize(training.vocab_size);
    side->words.resize(training.vocab_size);
  }
  count_pairs(special_.size());
}

// The pairs of bytes, counted and listed by a counting sort.
void Merger::count_pairs(size_t first_byte) {
  struct Seen {
    int64_t count = 0;
    uint32_t words = 0, last = ~uint32_t{0};
    uint64_t begin = 0;
  };
  std::vector<Seen> seen(256 * 256);
  const auto each_pair = [&](auto&& fn) {
    for (uint32_t w = 0; w < words_.size(); ++w) {
      const int32_t* s = symbols_.data() + words_[w].begin;
      for (uint32_t i = 0; i + 1 < words_[w].length; ++i)
        fn(w, seen[(s[i] - first_byte) * 256 + (s[i + 1] - first_byte)]);
    }
  };
  each_pair([&](uint32_t w, Seen& pair) {
    pair.count += static_cast<int64_t>(words_[w].count);
    pair.words += std::exchange(pair.last, w) != w;
  });
  uint64_t total = 0;
  for (Seen& pair : seen) {
    pair.begin = total;
    pair.last = ~uint32_t{0};
    total += std::exchange(pair.words, 0);
  }
  occurrences_.resize(total);
  each_pair([&](uint32_t w, Seen& pair) {
    if (std::exchange(pair.last, w) != w) occurrences_[pair.begin + pair.words++] = w;
  });
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i].count == 0) continue;
    const auto left = static_cast<int32_t>(first_byte + i / 256), right = static_cast<int32_t>(first_byte + i % 256);
    counts_.at(left, right) = seen[i].count;
    queue_.push({seen[i].count, left, right, seen[i].begin, seen[i].words});
  }
}

void Merger::run() {
  const auto full = static_cast<size_t>(training_.vocab_size);
  while (tokens_.size() < full && !queue_.empty()) {
    Candidate top = queue_.top();
    queue_.pop();
    // Counts only sink while a candidate waits: one that has sunk waits again at its new place.
    if (const int64_t now = counts_.at(top.left, top.right); now != top.count) {
      top.count = now;
      if (now > 0) queue_.push(top);
      continue;
    }
    if (top.count < training_.min_frequency) break;
    std::string token = tokens_[top.left] + tokens_[top.right];
    if (special_.contains(token)) continue;  // a special token's text must not become the special token
    const auto [it, fresh] = id_of_.emplace(token, static_cast<int32_t>(tokens_.size()));
    if (fresh) tokens_.push_back(std::move(token));
    done_.emplace_back(top.left, top.right);
    merge(top, it->second);
  }
}

void Merger::Side::note(int32_t neighbour, uint64_t count, bool gains, uint32_t word) {
  if (lost[neighbour] == 0) touched.push_back(neighbour);
  lost[neighbour] += static_cast<int64_t>(count);
  if (!gains) return;
  gained[neighbour] += static_cast<int64_t>(count);
  if (words[neighbour].empty() || words[neighbour].back() != word) words[neighbour].push_back(word);
}

void Merger::merge_in(uint32_t index, int32_t left, int32_t right, int32_t merged) {
  Word& word = words_[index];
  int32_t* s = symbols_.data() + word.begin;
  const auto short_enough = [&](int32_t neighbour) {
    return training_.max_token_bytes == 0 ||
           tokens_[neighbour].size() + tokens_[merged].size() <= static_cast<size_t>(training_.max_token_bytes);
  };
  uint32_t kept = 0;
  for (uint32_t i = 0; i < word.length;) {
    if (s[i] != left || i + 1 == word.length || s[i + 1] != right) {
      s[kept++] = s[i++];
      continue;
    }
    if (kept > 0) left_.note(s[kept - 1], word.count, short_enough(s[kept - 1]), index);
    s[kept++] = merged;
    i += 2;
    if (i < word.length) right_.note(s[i], word.count, short_enough(s[i]), index);
  }
  word.length = kept;
}

void Merger::offer(int32_t left, int32_t right, const std::vector<uint32_t>& words) {
  const int64_t count = counts_.at(left, right);
  if (count <= 0 || words.empty()) return;
  queue_.push({count, left, right, occurrences_.size(), static_cast<uint32_t>(words.size())});
  occurrences_.insert(occurrences_.end(), words.begin(), words.end());
}

void Merger::merge(const Candidate& c, int32_t merged) {
  for (uint32_t i = 0; i < c.words; ++i) merge_in(occurrences_[c.begin + i], c.left, c.right, merged);
  // All counts first, then the candidates: a pair may have changed on both sides.
  for (const int32_t x : left_.touched) {
    counts_.at(x, c.left) -= left_.lost[x];
    if (left_.gained[x] > 0) counts_.at(x, merged) += left_.gained[x];
  }
  for (const int32_t x : right_.touched) {
    counts_.at(c.right, x) -= right_.lost[x];
    if (right_.gained[x] > 0) counts_.at(merged, x) += right_.gained[x];
  }
  if (!left_.words[merged].empty() && !right_.words[merged].empty()) {  // the pair (merged, merged) from both sides
    auto& both = left_.words[merged];
    both.insert(both.end(), right_.words[merged].begin(), right_.words[merged].end());
    std::sort(both.begin(), both.end());
    both.erase(std::unique(both.begin(), both.end()), both.end());
    right_.words[merged].clear();
  }
  for (const int32_t x : left_.touched) offer(x, merged, left_.words[x]);
  for (const int32_t x : right_.touched) offer(merged, x, right_.words[x]);
  for (Side* side : {&left_, &right_}) {
    for (const int32_t x : side->touched) {
      side->lost[x] = side->gained[x] = 0;
      side->words[x].clear();
    }
    side->touched.clear();
  }
}

// A pair can be merged more than once (when two pairs make the same token): its last rank counts.
std::vector<Pair> Merger::merges() const {
  std::unordered_set<uint64_t> seen;
  std::vector<Pair> merges;
  for (auto it = done_.rbegin(); it != done_.rend(); ++it) {
    if (seen.insert(uint64_t{static_cast<uint32_t>(it->first)} << 32 | static_cast<uint32_t>(it->second)).second)
      merges.push_back(*it);
  }
  std::reverse(merges.begin(), merges.end());
  return merges;
}

// The specials and the bytes, which every vocabulary begins with.
TokenizerParts first_tokens(const std::vector<std::string>& special_tokens, std::array<int32_t, 256>& byte_tokens) {
  TokenizerParts parts;
  for (const std::string& special : special_tokens) {
    parts.added.push_back({static_cast<int32_t>(parts.tokens.size()), special});
    parts.tokens.push_back(special);
  }
  for (const unsigned char byte : byte_level_order()) {
    byte_tokens[byte] = static_cast<int32_t>(parts.tokens.size());
    parts.tokens.emplace_back(1, static_cast<char>(byte));
  }
  return parts;
}

Status check(const BpeTraining& training) {
  std::unordered_set<std::string_view> seen;
  for (const std::string& special : training.special_tokens) {
    if (special.size() < 2) return fail("the special token \"{}\" is too short: use at least two characters", special);
    if (!seen.insert(special).second) return fail("the special token \"{}\" is given twice", special);
  }
  const size_t least = 256 + training.special_tokens.size();
  if (training.vocab_size < 0 || static_cast<size_t>(training.vocab_size) < least)
    return fail("a vocabulary of {} is too small: the 256 bytes and {} special tokens need {}", training.vocab_size,
                training.special_tokens.size(), least);
  if (training.vocab_size > 1 << 24)
    return fail("a vocabulary of {} is too large: at most {} tokens", training.vocab_size, 1 << 24);
  return {};
}

}  // namespace

Result<Tokenizer> train_bpe(const BpeTraining& training, const TextSource& source, ThreadPool& threads,
                            BpeTrainingFacts* facts) {
  PERSEA_CHECK(check(training));
  BpeTrainingFacts seen;
  PERSEA_TRY(const WordCount count, count_words(training, source, threads, seen));
  if (facts) *facts = seen;
  std::array<int32_t, 256> byte_tokens;
  TokenizerParts parts = first_tokens(training.special_tokens, byte_tokens);
  const size_t start = parts.tokens.size();
  Merger merger(training, count, std::move(parts.tokens), byte_tokens);
  merger.run();
  parts.tokens = std::move(merger.tokens());
  parts.merges = merger.merges();
  parts.split = training.split;
  if (parts.tokens.size() < static_cast<size_t>(training.vocab_size))
    return fail(
        "the text allows only {} merges{}, so a vocabulary of at most {} tokens, not {}: give more text or ask for "
        "less",
        parts.tokens.size() - start,
        training.min_frequency > 1 ? fmt::format(" of pairs seen {} times", training.min_frequency) : "",
        parts.tokens.size(), training.vocab_size);
  return Tokenizer::create(std::move(parts), "the trained vocabulary");
}

std::vector<std::string> chat_special_tokens() {
  return {std::string(kEndOfText), "<|system|>", "<|user|>", "<|assistant|>", std::string(kEndOfTurn)};
}

Tokenizer byte_tokenizer(const std::vector<std::string>& special_tokens) {
  std::array<int32_t, 256> byte_tokens;
  TokenizerParts parts = first_tokens(special_tokens, byte_tokens);
  parts.split.rule = SplitRule::none;
  return std::move(Tokenizer::create(std::move(parts), "the vocabulary of bytes")).value();
}

}  // namespace persea
