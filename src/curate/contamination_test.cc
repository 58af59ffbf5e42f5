// What is found of evaluation items in texts: copies as they are and altered, and not what only looks like one.
#include "curate/contamination.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/clock.h"
#include "base/random.h"
#include "base/threads.h"
#include "text/fold.h"

namespace persea::curate {
namespace {

const char* kBirds =
    "Three birds are flying at a fast rate of 900 kilometers per hour. What is their speed in miles per minute? "
    "[1km = 0.6 miles]";
const char* kDucks =
    "Janet’s ducks lay 16 eggs per day. She eats three for breakfast every morning and bakes muffins for her friends "
    "every day with four. She sells the remainder at the farmers' market daily for $2 per fresh duck egg.";

std::vector<EvaluationItem> some_items() {
  return {{"birds", "aqua", "", kBirds, {}, ""},
          {"ducks", "gsm8k", "", kDucks, {}, ""},
          {"metal",
           "mmlu",
           "",
           "Which is true?",
           {"Polished copper wire conducts electricity well", "Glass melts in warm butter"},
           "Polished copper wire conducts electricity well"},
          {"colour", "nq", "", "what is it", {}, "red"}};
}

ContaminationIndex index_of(const std::vector<EvaluationItem>& items, const std::string& mode = "aligned",
                            const Json& settings = Json::object()) {
  auto index = ContaminationIndex::build(items, mode, settings);
  EXPECT_TRUE(index.ok()) << index.error().message;
  return std::move(*index);
}

std::vector<ContaminationHit> find(const ContaminationIndex& index, std::string_view text) {
  ContaminationScratch scratch;
  std::vector<ContaminationHit> hits;
  index.find(text, scratch, hits);
  return hits;
}

// English words by chance, none of them those of the items.
std::string prose(Random& random, size_t words) {
  static const std::vector<std::string> all = {"river",  "stone", "the",  "of",   "and",    "window", "slowly", "green",
                                               "people", "house", "were", "with", "autumn", "nobody", "garden", "old"};
  std::string text;
  for (size_t i = 0; i < words; ++i) text += random.pick(all) + (i % 9 == 8 ? ". " : " ");
  return text;
}

TEST(PlainWordsTest, TheSameWordsInAnyDress) {
  const auto words = [](std::string_view text) {
    PlainWords plain;
    plain.read(text);
    return plain.words;
  };
  EXPECT_EQ(words("The Straße: isn't “fine”, 1,000km!"), words("the STRASSE\n isn’t   fine (1000 km)"));
  EXPECT_EQ(words("Ｅcole ﬁnale"), words("école finale"));
  EXPECT_EQ(words("e\xcc\x81"
                  "cole"),
            words("\xc3\xa9"
                  "cole"));
  EXPECT_EQ(words("co\xc2\xad"
                  "operate"),
            words("cooperate"));
  EXPECT_NE(words("form"), words("from"));
  EXPECT_EQ(words("x3").size(), 2u);
  EXPECT_EQ(words("漢字").size(), 2u);
  EXPECT_TRUE(is_number(words("1,234")[0]) && !is_number(words("a")[0]));
  EXPECT_TRUE(words("\xff\xfe ... !").empty());
  EXPECT_LT(plain_word_bits(plain_word("the")), plain_word_bits(plain_word("morning")));
  EXPECT_EQ(plain_word_bits(plain_word("watermelon")), kRareBits);
}

TEST(PlainWordsTest, PlacesLeadBack) {
  const std::string text = " Über  den\tFluß, don’t!";
  PlainWords plain;
  plain.read(text);
  std::vector<std::string> parts;
  for (size_t i = 0; i < plain.words.size(); ++i)
    parts.push_back(text.substr(plain.begins[i], plain.ends[i] - plain.begins[i]));
  EXPECT_EQ(parts, (std::vector<std::string>{"Über", "den", "Fluß", "don’t"}));
}

TEST(ContaminationTest, FindsACopyAndItsPlace) {
  const auto index = index_of(some_items());
  Random random(1);
  const std::string before = prose(random, 200), text = before + kBirds + " " + prose(random, 200);
  const auto hits = find(index, text);
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].item, 0u);
  EXPECT_EQ(hits[0].score, 1.0);
  EXPECT_EQ(hits[0].place.begin, before.size());
  EXPECT_EQ(text.substr(hits[0].place.begin, hits[0].place.end - hits[0].place.begin),
            std::string(kBirds).substr(0, std::string(kBirds).size() - 1));
}

TEST(ContaminationTest, FindsAlteredCopies) {
  const auto index = index_of(some_items());
  for (const char* copy : {"THREE BIRDS ARE FLYING AT A FAST RATE OF 900 KILOMETERS PER HOUR  WHAT IS THEIR SPEED IN "
                           "MILES PER MINUTE 1KM 06 MILES",
                           "three\nbirds\tare   flying at a rapid rate of 900 kilometers per hour; what would their "
                           "speed be in miles per minute?",
                           "birds are flying at a fast, fast rate of 900 (kilometers) per hour... What is the speed in "
                           "miles per minute [1 km = 0.6 miles"}) {
    const auto hits = find(index, std::string("We saw that ") + copy + " and so on.");
    ASSERT_EQ(hits.size(), 1u) << copy;
    EXPECT_EQ(hits[0].item, 0u);
    EXPECT_GT(hits[0].score, 0.7);
  }
}

TEST(ContaminationTest, AnItemWithOtherNumbersIsAnother) {
  auto items = some_items();
  const std::string other =
      "Janet’s ducks lay 27 eggs per day. She eats three for breakfast every morning and bakes muffins for her friends "
      "every day with four. She sells the remainder at the farmers' market daily for $5 per fresh duck egg.";
  EXPECT_TRUE(find(index_of(items), other).empty());
  EXPECT_EQ(find(index_of(items, "aligned", {{"min_numbers", 0}}), other).size(), 1u);
}

TEST(ContaminationTest, PartsOfItemsAreNone) {
  const auto index = index_of(some_items());
  EXPECT_TRUE(find(index, "Birds are flying at a fast rate. Ducks lay eggs for breakfast every morning.").empty());
  EXPECT_TRUE(find(index, "").empty());
  EXPECT_TRUE(find(index, "the of and to").empty());
}

TEST(ContaminationTest, AShortQuestionIsFoundWithItsAnswer) {
  const auto index = index_of(some_items());
  EXPECT_EQ(index.untellable(0), "");
  EXPECT_EQ(index.untellable(2), "");
  EXPECT_NE(index.untellable(3), "");
  const auto hits = find(index, "Now: which is true? A. Polished copper wire conducts electricity well");
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].item, 2u);
  EXPECT_TRUE(find(index, "What is it? Red.").empty());
}

TEST(ContaminationTest, OnlyTheItemThatFitsBestIsNamed) {
  std::vector<EvaluationItem> items = some_items();
  items.push_back({"swans",
                   "aqua",
                   "",
                   "Five swans are flying at a fast rate of 700 kilometers per hour. What is their speed in miles per "
                   "minute? [1km = 0.6 miles]",
                   {},
                   ""});
  const auto hits = find(index_of(items), kBirds);
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].item, 0u);
}

TEST(ContaminationTest, WhatATaskSaysAlwaysCountsLittle) {
  std::vector<EvaluationItem> items;
  Random random(7);
  const std::vector<std::string> animals = {"otter", "heron", "badger", "lynx", "weasel", "marten", "falcon", "viper"};
  for (int i = 0; i < 40; ++i)
    items.push_back({std::to_string(i),
                     "templates",
                     "",
                     "Please read the following riddle carefully, then answer: which creature hides behind the " +
                         random.pick(animals) + " near mountain " + std::to_string(i * 37) + " beyond " +
                         random.pick(animals) + " " + prose(random, 12),
                     {},
                     ""});
  const auto index = index_of(items);
  EXPECT_TRUE(find(index,
                   "Please read the following riddle carefully, then answer: which creature hides behind the "
                   "dolphin near mountain top beyond dolphins, swimming merrily across oceans?")
                  .empty());
  const auto hits = find(index, items[17].question);
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].item, 17u);
}

TEST(ContaminationTest, JudgesByDroppingOrCutting) {
  Random random(2);
  const std::string before = prose(random, 60), behind = prose(random, 60), text = before + kDucks + " " + behind;
  ContaminationScratch scratch;
  Decision decision;
  index_of(some_items()).judge(text, scratch, decision);
  EXPECT_EQ(decision.verdict, Verdict::drop);
  EXPECT_EQ(decision.reason, "contamination");
  EXPECT_EQ(decision.figure, 1.0);
  EXPECT_EQ(decision.place.begin, before.size());

  const auto cutting = index_of(some_items(), "aligned", {{"action", "cut"}});
  cutting.judge(text, scratch, decision);
  ASSERT_EQ(decision.verdict, Verdict::change);
  EXPECT_EQ(decision.text.find("ducks"), std::string::npos);
  EXPECT_NE(decision.text.find(before.substr(0, before.size() - 1)), std::string::npos);
  std::string left;
  size_t at = 0;
  for (const Cut& cut : decision.cuts) {
    left += text.substr(at, cut.place.begin - at);
    left += cut.instead;
    at = cut.place.end;
  }
  EXPECT_EQ(left + text.substr(at), decision.text);
  EXPECT_TRUE(find(cutting, decision.text).empty());

  cutting.judge(kDucks, scratch, decision);
  EXPECT_EQ(decision.verdict, Verdict::drop);
  cutting.judge(before, scratch, decision);
  EXPECT_EQ(decision.verdict, Verdict::keep);
}

TEST(ContaminationTest, TheSameUnderAnyThreadsAndOrder) {
  std::vector<EvaluationItem> items;
  Random random(3);
  for (int i = 0; i < 300; ++i)
    items.push_back({std::to_string(i), "t", "", prose(random, 40) + std::to_string(i * 7), {}, ""});
  const auto index = index_of(items), again = index_of(items);
  EXPECT_EQ(index.digest(), again.digest());
  EXPECT_NE(index.digest(), index_of(items, "aligned", {{"min_share", 0.7}}).digest());
  std::vector<std::string> texts;
  for (int i = 0; i < 64; ++i)
    texts.push_back(prose(random, 500) + items[random.below(300)].question + prose(random, 500));
  std::vector<std::vector<ContaminationHit>> together(texts.size());
  pool().run([&](int thread) {
    ContaminationScratch scratch;
    for (size_t i = thread; i < texts.size(); i += pool().threads()) index.find(texts[i], scratch, together[i]);
  });
  ContaminationScratch scratch;
  std::vector<ContaminationHit> alone;
  for (size_t i = texts.size(); i-- > 0;) {
    again.find(texts[i], scratch, alone);
    ASSERT_EQ(alone.size(), together[i].size());
    for (size_t j = 0; j < alone.size(); ++j) {
      EXPECT_EQ(alone[j].item, together[i][j].item);
      EXPECT_EQ(alone[j].score, together[i][j].score);
      EXPECT_EQ(alone[j].place.begin, together[i][j].place.begin);
    }
  }
}

// Texts made to be slow: the same pair of words, which many items have, again and again.
TEST(ContaminationTest, TakesLinearTimeOnHostileTexts) {
  std::vector<EvaluationItem> items;
  Random random(4);
  for (int i = 0; i < 60; ++i)
    items.push_back({std::to_string(i),
                     "t" + std::to_string(i % 7),
                     "",
                     "watermelon seeds pass through " + prose(random, 220) + std::to_string(i),
                     {},
                     ""});
  const auto index = index_of(items);
  std::string pair, whole;
  while (pair.size() < 300000) pair += "watermelon seeds ";
  while (whole.size() < 300000) whole += "watermelon seeds pass through " + items[0].question.substr(0, 300);
  const double start = cpu_seconds();
  EXPECT_TRUE(find(index, pair).empty());
  (void)find(index, whole);
  EXPECT_LT(cpu_seconds() - start, 2.0);
}

TEST(ContaminationTest, LmEvalFindsThirteenWords) {
  const auto index = index_of(some_items(), "lm-eval");
  const std::string thirteen = "three BIRDS are flying at, a fast rate of 900 kilometers per hour";
  Random random(5);
  const std::string before = prose(random, 300), behind = prose(random, 300);
  EXPECT_EQ(find(index, before + thirteen + " " + behind).size(), 1u);
  EXPECT_TRUE(
      find(index, before + "three birds are flying at a fast rate of 901 kilometers per hour " + behind).empty());
  ContaminationScratch scratch;
  Decision decision;
  const std::string text = before + thirteen + " " + behind;
  index.judge(text, scratch, decision);
  ASSERT_EQ(decision.verdict, Verdict::change);
  // 200 characters on each side are gone.
  EXPECT_EQ(decision.text.substr(0, before.size() - 200), before.substr(0, before.size() - 200));
  EXPECT_NEAR(static_cast<double>(decision.text.size()), static_cast<double>(before.size() + behind.size() - 400), 6);
  index.judge(std::string(kDucks), scratch, decision);  // 24 rows
  EXPECT_EQ(decision.verdict, Verdict::drop);
}

TEST(ContaminationTest, NemoForgetsWhatIsCommon) {
  auto items = some_items();
  items.push_back({"short", "x", "", "one two three four five six seven eight", {}, ""});
  auto index = index_of(items, "nemo");
  ASSERT_TRUE(index.counts_first());
  const std::string text = "so: One, two three four five six seven eight. And then";
  EXPECT_EQ(find(index, text).size(), 1u);
  EXPECT_TRUE(find(index, "one two three four five six seven").empty());
  ContaminationScratch scratch;
  auto counts = index.no_counts(), more = index.no_counts();
  for (int i = 0; i < 6; ++i) index.count(text, scratch, counts);
  for (int i = 0; i < 5; ++i) index.count(text, scratch, more);
  const std::string digest = index.digest();
  index.leave_out_common(counts);
  EXPECT_EQ(find(index, text).size(), 1u);
  for (size_t i = 0; i < counts.size(); ++i) counts[i] += more[i];
  index.leave_out_common(counts);
  EXPECT_TRUE(find(index, text).empty());
  EXPECT_NE(index.digest(), digest);
}

TEST(ContaminationTest, WhatNoRowLeadsToIsNeverCalledClean) {
  const std::string question = "one two three four five six seven eight nine ten eleven twelve thirteen";
  EvaluationItem item;
  item.question = question;
  auto index = index_of({item}, "nemo", {{"max_matches", 2}});
  EXPECT_EQ(index.untellable(0), "");
  ContaminationScratch scratch;
  ContaminationCounts counts = index.no_counts();
  for (int text = 0; text < 3; ++text) index.count(question, scratch, counts);
  index.leave_out_common(counts);
  EXPECT_EQ(index.untellable(0), "has only rows that many other items or texts have too");
  // Of a row that very many items have, not all are named.
  const auto many = index_of(std::vector<EvaluationItem>(40, item), "lm-eval");
  size_t named = 0, told = 0;
  for (const auto& hit : find(many, question)) named += hit.item < 40 ? 1 : 0;
  for (uint32_t i = 0; i < 40; ++i) told += many.untellable(i).empty() ? 1 : 0;
  EXPECT_EQ(named, told);
  EXPECT_LT(told, 40);
}

TEST(ContaminationTest, NemoDropsWhatFallsToPieces) {
  const auto index = index_of(some_items(), "nemo");
  Random random(6);
  const auto with = [&](int copies) {
    std::string text = prose(random, 150);
    for (int i = 0; i < copies; ++i) text += std::string(kBirds) + ". " + prose(random, 150);
    return text;
  };
  ContaminationScratch scratch;
  Decision decision;
  index.judge(with(3), scratch, decision);
  EXPECT_EQ(decision.verdict, Verdict::change);
  EXPECT_EQ(decision.text.find("birds"), std::string::npos);
  index.judge(with(11), scratch, decision);
  EXPECT_EQ(decision.verdict, Verdict::drop);
  EXPECT_EQ(decision.figure, 12);
}

TEST(ContaminationTest, DatatroveLooksForAnswersAndAcross) {
  const std::vector<EvaluationItem> items = {{"a",
                                              "t",
                                              "",
                                              "alpha beta gamma delta epsilon zeta",
                                              {},
                                              "eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau"}};
  const auto index = index_of(items, "datatrove");
  EXPECT_EQ(find(index, "eta theta iota kappa lambda mu nu xi omicron pi rho sigma").size(), 1u);
  EXPECT_EQ(find(index, "Epsilon; zeta - eta théta iota\nkappa lambda mu nu xi omicron pi").size(), 1u);
  EXPECT_TRUE(find(index, "alpha beta gamma delta epsilon zeta").empty());
  const auto numbers =
      index_of({{"n", "t", "", "", {}, "we had 3 or 4.5 of them in 1999 and 2 in 7 of 8 days"}}, "datatrove");
  EXPECT_EQ(find(numbers, "we had 1 or 2 of them in 3 and 4 in 5 of 6,5 days").size(), 1u);
}

TEST(ContaminationTest, RefusesWhatItDoesNotKnow) {
  const auto wrong = [](const std::string& mode, const Json& settings) {
    const auto index = ContaminationIndex::build({}, mode, settings);
    return index.ok() ? "" : index.error().message;
  };
  EXPECT_NE(wrong("alined", Json::object()).find("did you mean `aligned`?"), std::string::npos);
  EXPECT_NE(wrong("aligned", {{"min_shar", 1}}).find("did you mean `min_share`?"), std::string::npos);
  EXPECT_NE(wrong("nemo", {{"min_ngram_size", 20}}), "");
  EXPECT_NE(wrong("lm-eval", {{"action", "keep"}}), "");
  EXPECT_EQ(wrong("datatrove", Json::object()), "");
}

TEST(FoldTest, LowerCaseWithoutMarks) {
  const auto bare = [](uint32_t c) {
    std::string out;
    unicode::append_lower_bare(c, out);
    return out;
  };
  EXPECT_EQ(bare(0xc9), "e");
  EXPECT_EQ(bare(0xdf), "ß");
  EXPECT_EQ(bare(0x130), "i");
}

}  // namespace
}  // namespace persea::curate
