#include "text/bpe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <string>

#include "base/random.h"
#include "text/word_cache.h"
#include "text/word_count.h"

namespace persea {
namespace {

struct Vocabulary {
  std::array<int32_t, 256> bytes;
  std::map<std::pair<int32_t, int32_t>, std::pair<uint32_t, int32_t>> merges;
  MergeTable table{0};
};

// Random merges over a few letters: words with many pairs of equal rank, and tokens that have several ways to come
// about.
Vocabulary random_vocabulary(Random& random, int letters, int merges) {
  Vocabulary v;
  std::iota(v.bytes.begin(), v.bytes.end(), 0);
  v.table = MergeTable(merges);
  for (int rank = 0; rank < merges; ++rank) {
    const auto token = [&] {
      const auto i = static_cast<int32_t>(random.below(letters + rank));
      return i < letters ? 'a' + i : 256 + i - letters;
    };
    const std::pair<int32_t, int32_t> pair(token(), token());
    if (v.merges.contains(pair)) continue;
    v.merges[pair] = {rank, 256 + rank};
    v.table.insert(pair.first, pair.second, rank, 256 + rank);
  }
  return v;
}

// The definition, step by step.
std::vector<int32_t> merge_slowly(const Vocabulary& v, std::string_view word) {
  std::vector<int32_t> tokens;
  for (const char c : word) tokens.push_back(v.bytes[static_cast<unsigned char>(c)]);
  while (true) {
    size_t best = tokens.size();
    std::pair<uint32_t, int32_t> merge{~0u, 0};
    for (size_t i = 0; i + 1 < tokens.size(); ++i) {
      const auto it = v.merges.find({tokens[i], tokens[i + 1]});
      if (it != v.merges.end() && it->second.first < merge.first) best = i, merge = it->second;
    }
    if (best == tokens.size()) return tokens;
    tokens[best] = merge.second;
    tokens.erase(tokens.begin() + static_cast<ptrdiff_t>(best) + 1);
  }
}

TEST(MergeWord, FollowsTheDefinition) {
  Random random(7);
  for (int trial = 0; trial < 60; ++trial) {
    const Vocabulary v = random_vocabulary(random, 3, 60);
    for (int n = 0; n < 40; ++n) {
      std::string word(n < 30 ? n : 40 + random.below(200), 'a');  // short ones, and those that take the heap
      for (char& c : word) c = static_cast<char>('a' + random.below(3));
      std::vector<int32_t> tokens = {-7};
      merge_word(v.table, v.bytes, word, tokens);
      ASSERT_EQ(tokens.front(), -7) << "it appends";
      tokens.erase(tokens.begin());
      ASSERT_EQ(tokens, merge_slowly(v, word)) << word;
    }
  }
}

TEST(MergeWord, ManyEqualPairsMergeFromTheLeft) {
  MergeTable table(1);
  table.insert('a', 'a', 0, 300);
  std::array<int32_t, 256> bytes;
  std::iota(bytes.begin(), bytes.end(), 0);
  for (const size_t n : {3, 5, 47, 49, 1001}) {
    std::vector<int32_t> tokens;
    merge_word(table, bytes, std::string(n, 'a'), tokens);
    ASSERT_EQ(tokens.size(), n / 2 + 1);
    EXPECT_EQ(tokens.front(), 300);
    EXPECT_EQ(tokens.back(), 'a');
  }
}

TEST(MergeTable, ALaterRankReplaces) {
  MergeTable table(2);
  table.insert(1, 2, 0, 5);
  table.insert(1, 2, 1, 5);
  EXPECT_EQ(table.find(1, 2), uint64_t{1} << 32 | 5);
  EXPECT_EQ(table.find(2, 1), MergeTable::kNone);
}

std::string random_word(Random& random) {
  std::string word(1 + random.below(random.chance(0.2) ? 60 : 18), '\0');  // zero bytes too: they are no padding
  for (char& c : word) c = static_cast<char>(random.below(3));
  return word;
}

void expect_it_gives_back_what_was_put(WordCache& cache) {
  Random random(3);
  std::map<std::string, std::vector<int32_t>> truth;
  int hits = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string word = random_word(random);
    const WordKey key = WordKey::of(word, word.size());
    auto& tokens = truth[word];
    if (tokens.empty()) tokens.resize(1 + random.below(6), i);
    if (const auto* entry = cache.find(word, key)) {
      const auto found = cache.tokens(*entry);
      ASSERT_TRUE(std::equal(found.begin(), found.end(), tokens.begin(), tokens.end()));
      ++hits;
    } else {
      cache.insert(word, key, tokens);
    }
  }
  EXPECT_GT(hits, 5000);
}

TEST(WordCache, GivesBackWhatWasPutOrNothing) {
  WordCache cache, small(WordCache::kFewSetBits);
  expect_it_gives_back_what_was_put(cache);
  expect_it_gives_back_what_was_put(small);
}

TEST(WordKey, DoesNotDependOnWhatLiesBehindTheWord) {
  const std::string text = "0123456789abcdefXYZ";
  for (size_t n = 1; n <= 16; ++n) {
    const std::string word = text.substr(0, n);
    const WordKey wide = WordKey::of(std::string_view(text).substr(0, n), text.size()), narrow = WordKey::of(word, n);
    EXPECT_EQ(wide.parts, narrow.parts);
    EXPECT_EQ(wide.hash, narrow.hash);
  }
}

TEST(WordCount, CountsAsAMapDoes) {
  Random random(5);
  WordCount first, second;
  std::map<std::string, uint64_t, std::less<>> truth;
  for (int i = 0; i < 60'000; ++i) {
    const std::string word = random_word(random);
    ++truth[word];
    (i % 3 ? first : second).add(word, word.size());
  }
  first.add(second);
  EXPECT_EQ(first.size(), truth.size());
  size_t seen = 0;
  first.for_each([&](std::string_view word, uint64_t count) {
    ++seen;
    ASSERT_EQ(truth.find(word)->second, count);
  });
  EXPECT_EQ(seen, truth.size());
}

}  // namespace
}  // namespace persea
