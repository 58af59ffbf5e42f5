// What models say to curation: a quality model of the lab, and a scorer that is handed in.
#include <algorithm>

#include "data/curate_stage_for_test.h"
#include "data/quality_stage.h"

namespace persea {
namespace {

TEST_F(CurateStage, AQualityModelOfTheLabJudgesAndPutsInOrder) {
  std::string good, bad;
  const auto kind_of = [](bool fine, int i) {
    return (fine ? "the measured water of the theory and the evidence " : "click here to buy cheap cookies today ") +
           text_of(i, 12);
  };
  for (int i = 0; i < 80; ++i) {
    good += line_of(kind_of(true, i));
    bad += line_of(kind_of(false, 100 + i));
  }
  put("good.jsonl", good);
  put("bad.jsonl", bad);
  {
    auto lab = Lab::open(dir_.path() / "lab");
    ASSERT_TRUE(lab.ok());
    QualitySettings settings;
    settings.good = dir_.path() / "good.jsonl";
    settings.bad = dir_.path() / "bad.jsonl";
    const auto trained = run_quality_stage(*lab, settings, true);
    ASSERT_TRUE(trained.ok()) << trained.error().message;
  }
  put("a.jsonl", line_of(kind_of(true, 300)) + line_of(kind_of(false, 301)) + line_of(kind_of(true, 302)) +
                     line_of(kind_of(true, 303)));
  const std::string source = "[[source]]\nname = \"s\"\npath = \"a.jsonl\"\n[quality]\nmodel = \"quality\"\n";
  const Artifact made = corpus(source + "[mix]\norder = \"best-first\"\n");
  ASSERT_EQ(decisions(made).size(), 1);
  EXPECT_EQ(decisions(made)[0].at("step"), "quality");
  EXPECT_EQ(decisions(made)[0].at("place"), "line 2");
  ASSERT_EQ(made.inputs().size(), 1);
  EXPECT_EQ(made.inputs()[0].role, "quality");
  const auto best = texts(made);
  const auto worst = texts(corpus(source + "[mix]\norder = \"best-last\"\n"));
  ASSERT_EQ(best.size(), 3);
  EXPECT_EQ(std::vector<std::string>(worst.rbegin(), worst.rend()), best);
  EXPECT_NE(run(source + "least = 7\n").error().message.find("r.toml:4"), std::string::npos);
  EXPECT_NE(
      run("[[source]]\nname = \"s\"\npath = \"a.jsonl\"\n[quality]\nleast = 0.5\n").error().message.find("`model`"),
      std::string::npos);
}

// Finds every 'q' surprising.
class ScorerOfQs : public curate::TextScorer {
 public:
  std::string name() const override { return "qs"; }
  Json settings() const override { return {{"scorer", "qs"}}; }
  int64_t texts_at_once() const override { return 3; }
  Status score(std::span<const std::string_view> texts, std::span<double> figures) override {
    for (size_t i = 0; i < texts.size(); ++i)
      figures[i] = static_cast<double>(std::count(texts[i].begin(), texts[i].end(), 'q'));
    return {};
  }
};

TEST_F(CurateStage, WhatAModelFindsTooLikelyOrUnlikelyGoes) {
  put("a.jsonl", line_of("one q here") + line_of("none here") + line_of("qqqqq") + line_of("qq") + line_of("q and q"));
  put("model", "weights");
  const auto recipe = curation::Recipe::parse(
      "[[source]]\nname = \"s\"\npath = \"a.jsonl\"\n[perplexity]\nmodel = \"model\"\nleast = 1\nmost = 3\ntokens = "
      "9\n",
      "r.toml", dir_.path());
  ASSERT_TRUE(recipe.ok());
  auto lab = Lab::open(dir_.path() / "lab");
  CurateOptions options{1 << 30, true, [&](const fs::path& model, const Json& settings) {
                          EXPECT_EQ(model, dir_.path() / "model");
                          EXPECT_EQ(settings, (Json{{"tokens", 9}}));
                          return Result<std::unique_ptr<curate::TextScorer>>(std::make_unique<ScorerOfQs>());
                        }};
  const auto ranks = Ranks::alone();
  const auto made = run_curate_stage(*lab, *recipe, options, *ranks);
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_EQ(texts(made->artifact), (std::vector<std::string>{"one q here", "qq", "q and q"}));
  const auto lines = decisions(made->artifact);
  ASSERT_EQ(lines.size(), 2);
  EXPECT_EQ(lines[0].at("reason"), "perplexity_low");
  EXPECT_EQ(lines[1].at("reason"), "perplexity_high");
  EXPECT_EQ(lines[1].at("figure"), 5);
}

}  // namespace
}  // namespace persea
