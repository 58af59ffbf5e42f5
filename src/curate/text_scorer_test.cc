#include "curate/text_scorer.h"

#include <gtest/gtest.h>

#include <limits>

namespace persea::curate {
namespace {

std::string reason_of(double figure, const PerplexitySettings& settings) {
  Decision decision;
  decision.reason = "of the text before";
  judge_perplexity("some text", figure, settings, decision);
  if (decision.verdict == Verdict::keep) {
    EXPECT_EQ(decision.reason, "");
    return "";
  }
  EXPECT_EQ(decision.figure, figure);
  EXPECT_EQ(decision.place.end, 9u);
  return decision.reason;
}

TEST(Perplexity, IsBoundedBothWays) {
  EXPECT_EQ(reason_of(0.49, {0.5, 3}), "perplexity_low");
  EXPECT_EQ(reason_of(0.5, {0.5, 3}), "");
  EXPECT_EQ(reason_of(3, {0.5, 3}), "");
  EXPECT_EQ(reason_of(3.01, {0.5, 3}), "perplexity_high");
  EXPECT_EQ(reason_of(99, {0.5, 0}), "");
  EXPECT_EQ(reason_of(0, {0, 3}), "");
  EXPECT_EQ(reason_of(std::numeric_limits<double>::infinity(), {0, 3}), "perplexity_high");
}

TEST(Perplexity, SettingsThatMeanNothingAreRefused) {
  EXPECT_TRUE(read_perplexity_settings({{"least", nullptr}, {"most", 3}}).ok());
  for (const Json& wrong : {Json{{"least", 3}, {"most", 3}}, Json{{"least", -1}}, Json{{"most", -1}}, Json{{"mist", 1}},
                            Json{{"most", "3"}}})
    EXPECT_FALSE(read_perplexity_settings(wrong).ok()) << wrong.dump();
}

}  // namespace
}  // namespace persea::curate
