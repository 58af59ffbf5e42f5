#include "curate/altered_copies.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/threads.h"
#include "curate/near_duplicates.h"

namespace persea::curate {
namespace {

std::string masked(std::string_view text) {
  std::vector<MaskedWord> words;
  std::string out;
  mask_words(text, words);
  masked_text(text, words, out);
  return out;
}

TEST(MaskedText, NumbersAndNames) {
  EXPECT_EQ(masked("The company paid 1,250.00 dollars at 12:30 on 2021-03-04."),
            "The company paid 0 dollars at 0 on 0");
  EXPECT_EQ(masked("Dr. John F. Kennedy met Anne-Marie O'Neill in New York"), "X X met X in X");
  EXPECT_EQ(masked("However, we met on a monday in août"), "However we met on a X in X");
  EXPECT_EQ(masked("a B2 bomber, the 3rd"), "a 0 bomber the 0");
  EXPECT_EQ(masked("Was it 3 or 4?"), "Was it 0 or 0");
  EXPECT_EQ(masked("Österreich und ١٢"), "X und 0");
  EXPECT_EQ(masked(""), "");
}

const std::string kReport =
    "The committee met on 12 March 2019 to look at the report of John Smith, who had been asked to count the birds "
    "that "
    "pass over the village in spring. He counted 1,250 storks and 37 cranes, which is less than in the years before, "
    "and "
    "asked the committee for another 500 euros so that he could go on with his work until the end of the year.";

std::string replaced(std::string text, const std::vector<std::pair<std::string, std::string>>& changes) {
  for (const auto& change : changes) {
    const size_t at = text.find(change.first);
    EXPECT_NE(at, std::string::npos) << change.first;
    text.replace(at, change.first.size(), change.second);
  }
  return text;
}

using Verdict = TextAligner::Verdict;

std::pair<Verdict, std::vector<std::string>> compare(const std::string& original, const std::string& copy) {
  TextAligner aligner({});
  std::vector<Difference> differences;
  const Verdict verdict = aligner.compare(original, copy, differences);
  std::vector<std::string> all;
  static const char* const kKinds[] = {"number", "name", "other"};
  for (const auto& [kind, a, b] : differences)
    all.push_back(std::string(kKinds[static_cast<int>(kind)]) + ": " + original.substr(a.begin, a.end - a.begin) +
                  " -> " + copy.substr(b.begin, b.end - b.begin));
  return {verdict, all};
}

TEST(TextAligner, TellsWhatDiffers) {
  const auto [verdict, differences] = compare(
      kReport,
      replaced(kReport, {{"12 March 2019", "14 April 2020"}, {"John Smith", "Mary Ann Miller"}, {"1,250", "250"}}));
  EXPECT_EQ(verdict, Verdict::altered);
  EXPECT_EQ(differences, (std::vector<std::string>{"number: 12 -> 14", "name: March -> April", "number: 2019 -> 2020",
                                                   "name: John Smith -> Mary Ann Miller", "number: 1,250 -> 250"}));
}

TEST(TextAligner, OtherWordsMayDifferALittle) {
  EXPECT_EQ(compare(kReport, kReport).first, Verdict::same);
  EXPECT_EQ(compare(kReport, replaced(kReport, {{"birds", "geese"}})).first, Verdict::same);
  const auto one = compare(kReport, replaced(kReport, {{"37", "38"}, {"birds", "geese"}}));
  EXPECT_EQ(one.first, Verdict::altered);
  EXPECT_EQ(one.second, (std::vector<std::string>{"other: birds -> geese", "number: 37 -> 38"}));
  const auto left_out = compare(kReport, replaced(kReport, {{"37", "38"}, {" in spring", ""}}));
  EXPECT_EQ(left_out.first, Verdict::different);  // two of 62 words
  const auto put_in = compare(kReport, replaced(kReport, {{"37", "38"}, {"over", "over and"}}));
  EXPECT_EQ(put_in.second, (std::vector<std::string>{"other:  -> and", "number: 37 -> 38"}));
  EXPECT_EQ(compare(kReport, replaced(kReport, {{"John Smith", "JOHN\nSMITH"}})).first, Verdict::same);
}

TEST(TextAligner, ShortTextsAndListsAreNotCompared) {
  EXPECT_EQ(compare("It cost 5 euros.", "It cost 6 euros.").first, Verdict::different);
  std::string list, other;
  for (int i = 0; i < 50; ++i) {
    list += "row " + std::to_string(i) + " 17 ";
    other += "row " + std::to_string(i) + " 18 ";
  }
  EXPECT_EQ(compare(list, other).first, Verdict::different);
}

// Against an alignment by dynamic programming, on short rows of few words.
TEST(TextAligner, FindsTheShortestWay) {
  Random random(5);
  AlteredCopySettings settings;
  settings.min_words = 1;
  settings.max_other_share = 1;
  TextAligner aligner(settings);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> texts(2);
    std::vector<std::vector<uint64_t>> words(2);
    for (int side : {0, 1})
      for (uint64_t count = 1 + random.below(12); count > 0; --count) {
        words[static_cast<size_t>(side)].push_back(random.below(3));
        texts[static_cast<size_t>(side)] +=
            std::string(1, static_cast<char>('k' + words[static_cast<size_t>(side)].back())) + " ";
      }
    std::vector<std::vector<size_t>> common(words[0].size() + 1, std::vector<size_t>(words[1].size() + 1, 0));
    for (size_t i = 1; i <= words[0].size(); ++i)
      for (size_t k = 1; k <= words[1].size(); ++k)
        common[i][k] = words[0][i - 1] == words[1][k - 1] ? common[i - 1][k - 1] + 1
                                                          : std::max(common[i - 1][k], common[i][k - 1]);
    std::vector<Difference> differences;
    ASSERT_EQ(aligner.compare(texts[0], texts[1], differences), Verdict::same);
    size_t gone = 0, come = 0;
    for (const Difference& one : differences) {
      gone += (one.original.end - one.original.begin + 1) / 2;
      come += (one.copy.end - one.copy.begin + 1) / 2;
    }
    ASSERT_EQ(words[0].size() - gone, common.back().back()) << texts[0] << "| " << texts[1];
    ASSERT_EQ(words[1].size() - come, common.back().back());
  }
}

TEST(AlteredCopies, AreFoundAmongOthers) {
  Random random(11);
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) {
    std::string text;
    for (int k = 0; k < 80; ++k)
      text += "word" + std::string(1, static_cast<char>('a' + random.below(26))) +
              static_cast<char>('a' + random.below(26)) + " ";
    texts.push_back(text);
  }
  texts.push_back(kReport);
  texts.push_back(replaced(kReport, {{"1,250", "9"}}));
  texts.push_back(kReport);
  texts.push_back(replaced(kReport, {{"John Smith", "Jack Smith"}}));
  const AlteredCopySettings settings;
  for (const int threads : {1, 3}) {
    set_threads(threads);
    const TempDir folder = *TempDir::create(fs::temp_directory_path(), "altered_copies_test");
    auto duplicates = NearDuplicates::create(folder.path(), AlteredCopyKeys::kBands, 1 << 20);
    AlteredCopyKeys hasher(settings);
    std::vector<uint64_t> keys(AlteredCopyKeys::kBands);
    for (const std::string& text : texts)
      ASSERT_TRUE(
          duplicates->add(hasher.keys(text, keys) ? std::span<const uint64_t>(keys) : std::span<const uint64_t>()));
    const std::vector<uint32_t> first = *duplicates->clusters();
    std::vector<std::pair<uint32_t, uint32_t>> found;
    ASSERT_TRUE(find_altered_copies(
        first, [&](size_t i) { return std::string_view(texts[i]); }, settings,
        [&](const AlteredCopy& copy) -> Status {
          found.emplace_back(copy.original, copy.copy);
          EXPECT_EQ(copy.differences.size(), 1u);
          return {};
        }));
    EXPECT_EQ(found, (std::vector<std::pair<uint32_t, uint32_t>>{{40, 41}, {40, 43}}));
  }
  set_threads(2);
}

TEST(AlteredCopies, RefuseSettingsOutOfBounds) {
  AlteredCopySettings settings;
  settings.max_other_share = 1.5;
  EXPECT_FALSE(find_altered_copies({}, {}, settings, {}));
}

}  // namespace
}  // namespace persea::curate
