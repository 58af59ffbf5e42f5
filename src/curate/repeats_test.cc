#include "curate/repeats.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include "base/random.h"
#include "curate/text_parts.h"

namespace persea::curate {
namespace {

std::vector<Word> words_of(std::string_view text) {
  std::vector<std::string_view> pieces;
  split_at_spaces(text, pieces);
  std::vector<Word> words;
  for (const std::string_view piece : pieces) words.push_back(word_of(piece));
  return words;
}

std::string row(const std::vector<Word>& words, size_t first, size_t n, std::string_view between) {
  std::string all;
  for (size_t i = 0; i < n; ++i) all.append(i == 0 ? "" : between).append(words[first + i].text);
  return all;
}

TEST(Repeats, TextsCountBehindTheFirst) {
  const std::vector<std::string_view> lines = {"a", "\u00e9\u00e9", "b", "\u00e9\u00e9", "a", "a"};
  Repeats repeats;
  const RepeatedTexts found = repeats.of_texts(lines);
  EXPECT_EQ(found.count, 3u);
  EXPECT_EQ(found.chars, 4u);
  EXPECT_EQ(found.count_with_first, 5u);
  EXPECT_EQ(found.chars_with_first, 7u);
  EXPECT_EQ(found.example.data(), lines[3].data());
}

TEST(Repeats, TopRowIsTheEarliestOfTheMostFrequent) {
  const std::vector<Word> words = words_of("x y a b c a b d y a");
  Repeats repeats;
  repeats.read(words);
  EXPECT_EQ(repeats.top(2).count, 2u);
  EXPECT_EQ(repeats.top(2).first, 1u);  // "y a" came before "a b"
  EXPECT_EQ(repeats.top(4).count, 1u);
  EXPECT_EQ(repeats.top(4).first, 0u);
}

TEST(Repeats, RowsAreEqualByTheirCharacters) {
  const std::vector<Word> words = words_of("to day is fine today i s");
  Repeats repeats;
  repeats.read(words);
  EXPECT_EQ(repeats.rows(3).chars, 7u);  // "to day is" and "today i s"
  EXPECT_EQ(repeats.rows(3).first, 4u);
  EXPECT_EQ(repeats.rows(8).chars, 0u);
  EXPECT_EQ(repeats.sequences(3).chars, 0u);  // as words they differ
}

TEST(Repeats, WhatWasCountedAsARepeatBeginsNoOther) {
  const std::vector<Word> words = words_of("a a a a a");
  Repeats repeats;
  repeats.read(words);
  EXPECT_EQ(repeats.rows(2).chars, 4u);  // words 1 and 2, then 3 and 4
  EXPECT_EQ(repeats.sequences(2).chars, 8u);
  EXPECT_EQ(repeats.sequences(2).all_chars, 8u);
}

TEST(Repeats, RowsHaveWords) {
  const std::vector<Word> words = words_of("a b");
  Repeats repeats;
  repeats.read(words);
  EXPECT_THROW(repeats.top(3), std::logic_error);
  EXPECT_THROW(repeats.top(0), std::logic_error);
  EXPECT_THROW(repeats.sequences(3), std::logic_error);
  EXPECT_THROW(repeats.rows(0), std::logic_error);
  EXPECT_EQ(repeats.rows(3).chars, 0u);
}

// Against plain maps of strings, on texts with few different words.
TEST(Repeats, AreThoseOfPlainCounting) {
  Random random(7);
  Repeats repeats;
  for (int round = 0; round < 200; ++round) {
    std::string text;
    const uint64_t length = 1 + random.below(60);
    for (uint64_t i = 0; i < length; ++i) {
      for (uint64_t k = random.below(2) + 1; k-- > 0;) text += static_cast<char>('a' + random.below(2));
      if (round % 2 == 1) text += random.below(2) == 0 ? "considerations" : "sideration";  // rows beyond a beginning
      text += ' ';
    }
    const std::vector<Word> words = words_of(text);
    repeats.read(words);
    for (const size_t n : {size_t{3}, size_t{2}, size_t{5}, size_t{7}}) {
      if (words.size() < n) continue;
      std::map<std::string, size_t> counts;
      for (size_t i = 0; i + n <= words.size(); ++i) ++counts[row(words, i, n, " ")];
      size_t most = 0, first = 0, chars = 0;
      for (size_t i = 0; i + n <= words.size(); ++i) {
        const size_t count = counts[row(words, i, n, " ")];
        if (count > most) most = count, first = i;
        if (count > 1) chars += row(words, i, n, "").size();
      }
      const TopRow top = repeats.top(n);
      EXPECT_EQ(top.count, most) << text;
      EXPECT_EQ(top.first, first) << text;
      EXPECT_EQ(repeats.sequences(n).chars, chars) << text;
      std::set<std::string> seen;
      size_t repeated = 0;
      for (size_t i = 0; i + n <= words.size();) {
        const std::string all = row(words, i, n, "");
        const bool fresh = seen.insert(all).second;
        if (!fresh) repeated += all.size();
        i += fresh ? 1 : n;
      }
      EXPECT_EQ(repeats.rows(n).chars, repeated) << text;
    }
  }
}

}  // namespace
}  // namespace persea::curate
