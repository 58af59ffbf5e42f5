#include "curate/repeated_spans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "base/random.h"
#include "base/threads.h"
#include "curate/span_tokens.h"

namespace persea::curate {
namespace {

using Texts = std::vector<std::string>;
using Found = std::map<size_t, std::vector<std::pair<size_t, size_t>>>;

TempDir folder() { return *TempDir::create(fs::temp_directory_path(), "repeated_spans_test"); }

Found find(const Texts& texts, const RepeatedSpanSettings& settings, size_t memory = 1 << 26) {
  const TempDir here = folder();
  Found found;
  const Status done = find_repeated_spans(
      texts.size(), [&](size_t i) { return std::string_view(texts[i]); }, settings, here.path(), memory,
      [&](size_t document, std::span<const Place> places) -> Status {
        EXPECT_TRUE(found.empty() || found.rbegin()->first < document);
        for (const Place& place : places) found[document].emplace_back(place.begin, place.end);
        return {};
      });
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_TRUE(fs::is_empty(here.path()));
  return found;
}

// By a sorted list of all windows, tokens compared: a suffix array cut off at the length of a window.
Found by_sorting(const Texts& texts, const RepeatedSpanSettings& settings) {
  struct Window {
    size_t document, token;
  };
  const auto n = static_cast<size_t>(settings.tokens);
  std::vector<std::vector<std::string_view>> tokens(texts.size());
  std::vector<std::vector<size_t>> begins(texts.size());
  std::vector<Window> windows;
  for (size_t i = 0; i < texts.size(); ++i) {
    SpanTokens all(texts[i]);
    while (all.next()) {
      tokens[i].push_back(all.token());
      begins[i].push_back(all.begin());
    }
    begins[i].push_back(texts[i].size());
    for (size_t k = 0; k + n <= tokens[i].size(); ++k) windows.push_back({i, k});
  }
  const auto compare = [&](const Window& a, const Window& b) {
    const auto x = tokens[a.document].begin() + static_cast<ptrdiff_t>(a.token);
    const auto y = tokens[b.document].begin() + static_cast<ptrdiff_t>(b.token);
    return std::lexicographical_compare(x, x + static_cast<ptrdiff_t>(n), y, y + static_cast<ptrdiff_t>(n));
  };
  std::stable_sort(windows.begin(), windows.end(), compare);
  std::vector<std::vector<bool>> cut(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) cut[i].resize(tokens[i].size());
  for (size_t i = 0, end = 0; i < windows.size(); i = end) {
    const Window& first = windows[i];
    while (end < windows.size() && !compare(first, windows[end])) ++end;
    const auto is_copy = [&](const Window& one) {
      return one.document != first.document || one.token >= first.token + n;
    };
    const auto begin = windows.begin() + static_cast<ptrdiff_t>(i),
               behind = windows.begin() + static_cast<ptrdiff_t>(end);
    const bool repeated = std::any_of(begin, behind, is_copy);
    for (auto it = begin; it != behind; ++it)
      if (settings.keep == "first" ? is_copy(*it) : repeated)
        for (size_t k = 0; k < n; ++k) cut[it->document][it->token + k] = true;
  }
  Found found;
  for (size_t i = 0; i < texts.size(); ++i)
    for (size_t k = 0; k < cut[i].size(); ++k) {
      if (!cut[i][k]) continue;
      if (k == 0 || !cut[i][k - 1]) found[i].emplace_back(begins[i][k], 0);
      found[i].back().second = begins[i][k + 1];
    }
  return found;
}

// Rows of few tokens, so that windows repeat by chance, pieces of texts before, and rows of one token.
Texts random_texts(uint64_t seed, size_t count, size_t letters, size_t longest) {
  Random random(seed);
  Texts texts;
  static const std::vector<std::string> kSpaces = {" ", " ", " ", "\n", "  ", "\xc2\xa0"};
  for (size_t i = 0; i < count; ++i) {
    std::string text;
    const size_t length = random.below(longest);
    while (text.size() < length) {
      const uint64_t kind = random.below(20);
      if (kind == 0 && !texts.empty()) {
        const std::string& other = random.pick(texts);
        const size_t at = random.below(other.size() + 1);
        text += other.substr(at, random.below(60));
      } else if (kind == 1) {
        const std::string token = random.chance(0.5) ? "-" : "a ";
        for (size_t k = random.below(40); k > 0; --k) text += token;
      } else if (kind == 2) {
        for (size_t k = random.below(20); k > 0; --k) text += "-=";
      } else {
        const uint64_t letter = random.below(letters + 2);
        text += letter == letters ? "." : letter == letters + 1 ? "ä" : std::string(1, static_cast<char>('a' + letter));
        if (random.chance(0.7)) text += random.pick(kSpaces);
      }
    }
    texts.push_back(text);
  }
  return texts;
}

TEST(SpanTokens, AreRunsAndSingleCharacters) {
  const auto tokens_of = [](std::string_view text) {
    std::vector<std::string> tokens;
    for (SpanTokens all(text); all.next();) tokens.emplace_back(all.token());
    return tokens;
  };
  EXPECT_EQ(tokens_of("  It's  a_b 3.14!\n"),
            (std::vector<std::string>{"It", "'", "s", "a", "_", "b", "3", ".", "14", "!"}));
  EXPECT_EQ(tokens_of("Größe e\xcc\x81t\xc2\xa0中文"), (std::vector<std::string>{"Größe", "e\xcc\x81t", "中", "文"}));
  EXPECT_EQ(tokens_of("a\xff\xfe z"), (std::vector<std::string>{"a", "\xff", "\xfe", "z"}));
  EXPECT_TRUE(tokens_of(" \n").empty());
}

void hold_to_sorted_list(uint64_t first_seed, uint64_t last_seed, size_t growth) {
  set_threads(1);  // texts are short: threads would only wait for each other
  for (uint64_t seed = first_seed; seed < last_seed; ++seed) {
    const Texts texts = random_texts(seed, 1 + seed % 40, 1 + seed % 3, 20 + seed % 100 * growth);
    for (const int64_t tokens : {1, 2, 3, 7, 16, 50})
      for (const char* keep : {"first", "none"})
        ASSERT_EQ(find(texts, {tokens, keep}), by_sorting(texts, {tokens, keep})) << seed << " " << tokens << keep;
  }
  set_threads(2);
}

TEST(RepeatedSpans, AreThoseOfASortedListOfWindows) { hold_to_sorted_list(0, 30, 10); }
TEST(RepeatedSpansSlow, AreThoseOfASortedListOfWindows) { hold_to_sorted_list(100, 250, 20); }

TEST(RepeatedSpans, AreTheSameUnderAnyMemoryAndThreads) {
  const Texts texts = random_texts(77, 60, 2, 800);
  for (const int64_t tokens : {9, 200})
    for (const char* keep : {"first", "none"}) {
      const Found wanted = by_sorting(texts, {tokens, keep});
      for (const size_t memory : {size_t{1}, size_t{1} << 20})
        for (const int threads : {1, 3}) {
          set_threads(threads);
          ASSERT_EQ(find(texts, {tokens, keep}, memory), wanted) << tokens << keep << memory;
        }
    }
  set_threads(2);
}

TEST(RepeatedSpans, KeepTheFirstCopy) {
  const std::string row = "one two three four five six";
  const Texts texts = {"Before. " + row + " behind.", "Other: " + row + "\n\nand", row};
  EXPECT_EQ(find(texts, {6, "first"}), (Found{{1, {{7, 36}}}, {2, {{0, 27}}}}));
  EXPECT_EQ(find(texts, {6, "none"}), (Found{{0, {{8, 36}}}, {1, {{7, 36}}}, {2, {{0, 27}}}}));
  EXPECT_EQ(find(texts, {7, "none"}), Found());
}

TEST(RepeatedSpans, ALineOfDashesKeepsItsBeginning) {
  EXPECT_EQ(find({std::string(1000, '-')}, {50, "first"}), (Found{{0, {{50, 1000}}}}));
  EXPECT_EQ(find({std::string(99, '-')}, {50, "none"}), Found());
  EXPECT_EQ(find({std::string(100, '-')}, {50, "none"}), (Found{{0, {{0, 100}}}}));
}

TEST(RepeatedSpans, RefuseWhatMakesNoSense) {
  const TempDir here = folder();
  const auto run = [&](const RepeatedSpanSettings& settings) {
    return find_repeated_spans(
        0, [](size_t) { return std::string_view(); }, settings, here.path(), 1000,
        [](size_t, std::span<const Place>) { return Status(); });
  };
  EXPECT_FALSE(run({0, "first"}));
  EXPECT_FALSE(run({1001, "first"}));
  EXPECT_FALSE(run({50, "last"}));
  EXPECT_TRUE(run({50, "none"}));
}

TEST(RepeatedSpans, WhatTextOfThrowsComesThrough) {
  const TempDir here = folder();
  const auto run = [&] {
    return find_repeated_spans(
        1000, [](size_t i) -> std::string_view { return i == 500 ? throw std::runtime_error("gone") : "a b c"; },
        {2, "first"}, here.path(), 1000, [](size_t, std::span<const Place>) { return Status(); });
  };
  EXPECT_THROW((void)run(), std::runtime_error);
}

TEST(RepeatedSpans, FailWhereTheSinkDoes) {
  const TempDir here = folder();
  const Status done = find_repeated_spans(
      2, [](size_t) { return std::string_view("a b c"); }, {2, "first"}, here.path(), 1000,
      [](size_t, std::span<const Place>) -> Status { return fail("no more"); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "no more");
}

}  // namespace
}  // namespace persea::curate
