#include "data/curation/recipe.h"

#include <gtest/gtest.h>

namespace persea::curation {
namespace {

std::string error_of(std::string_view text) {
  const auto recipe = Recipe::parse(text, "r.toml", "/folder");
  return recipe ? "" : recipe.error().message;
}

constexpr std::string_view kSource = "[[source]]\nname = \"a\"\npath = \"x\"\n";

TEST(CurationRecipe, PathsAreTakenFromTheFolder) {
  const auto recipe = Recipe::parse(
      "[[source]]\nname = \"a\"\npath = \"x/../y\"\n[[source]]\nname = \"b\"\npath = \"/z\"\n", "r.toml", "/folder");
  ASSERT_TRUE(recipe.ok()) << recipe.error().message;
  EXPECT_EQ(recipe->sources[0].path, "/folder/y");
  EXPECT_EQ(recipe->sources[1].path, "/z");
}

TEST(CurationRecipe, StepsStandInTheOrderInWhichTheyJudge) {
  const auto recipe = Recipe::parse(std::string(kSource) +
                                        "[decontaminate]\ntexts = [\"t\"]\n[[rules]]\npack = \"c4-quality\"\n"
                                        "[[rules]]\npack = \"gopher-quality\"\n[language]\nkeep = [\"en\"]\n",
                                    "r.toml", "/");
  ASSERT_TRUE(recipe.ok()) << recipe.error().message;
  std::vector<std::string> names;
  for (const StepRecipe& step : recipe->steps) names.push_back(step.name + step.settings.value("pack", ""));
  EXPECT_EQ(names, (std::vector<std::string>{"language", "rulesc4-quality", "rulesgopher-quality", "decontaminate"}));
}

TEST(CurationRecipe, ThoseThatComeWithTheProgramAreRight) {
  int recipes = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(PERSEA_SOURCE_DIR) / "recipes/curation")) {
    const auto recipe = Recipe::load(entry.path());
    ASSERT_TRUE(recipe.ok()) << recipe.error().message;
    ++recipes;
  }
  EXPECT_GE(recipes, 1);
}

TEST(CurationRecipe, WhereItIsSubmittedToChangesNothing) {
  const auto plain = Recipe::parse(kSource, "r.toml", "/folder");
  const auto submitted = Recipe::parse(std::string(kSource) + "[submit]\nranks = 2\n", "r.toml", "/folder");
  ASSERT_TRUE(submitted.ok()) << submitted.error().message;
  EXPECT_EQ(submitted->settings(), plain->settings());
}

TEST(CurationRecipe, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(error_of("x = 1\n"), "r.toml:1: `x` is no section of a recipe for curation");
  EXPECT_EQ(error_of("[rule]\n"), "r.toml:1: `rule` is no section of a recipe for curation: did you mean `rules`?");
  EXPECT_EQ(error_of(""), "r.toml: names no text: give at least one [[source]] with a name and a path");
  EXPECT_EQ(error_of("[[source]]\nname = \"a\"\n"),
            "r.toml:1: source: source \"a\" needs a `path`: a file or a folder");
  EXPECT_EQ(error_of("[[source]]\nname = \"a\"\npath = \"b\"\nlicense = \"x\"\n"),
            "r.toml:1: source: `license` is no setting: did you mean `licence`?");
  EXPECT_EQ(error_of(std::string(kSource) + "\n" + std::string(kSource)),
            "r.toml:5: there are two sources \"a\": give each a name of its own");
  EXPECT_EQ(
      error_of(std::string(kSource) + "[mix]\norder = \"up\"\n"),
      "r.toml:4: mix: `order` = \"up\" has to be one of \"source\", \"shuffled\", \"short-first\", \"best-first\", "
      "\"best-last\"");
  EXPECT_EQ(error_of(std::string(kSource) + "[split]\nvalid_fraction = 2\n"),
            "r.toml:4: split: `valid_fraction` = 2 has to lie between 0.0001 and 0.5");
  EXPECT_NE(error_of(std::string(kSource) + "[dedup]\nminhash = \"mine\"\n").find("r.toml:5: minhash"),
            std::string::npos);
  EXPECT_NE(error_of(std::string(kSource) + "[pii]\nkinds = [\"name\"]\n").find("`kinds`"), std::string::npos);
}

TEST(CurationRecipe, WhatWouldSayNothingIsRefused) {
  const std::string source(kSource);
  EXPECT_EQ(error_of(source + "[mix]\norder = \"best-last\"\n"),
            "r.toml:5: mix: `order` = \"best-last\" goes by the quality that [quality] measures: name a model there");
  EXPECT_EQ(error_of(source + "[quality]\nmodel = \"m\"\n[mix]\norder = \"best-last\"\n"), "");
  EXPECT_EQ(error_of(source + "[pii]\nkinds = []\n"),
            "r.toml:4: pii: `kinds` names nothing to look for: leave it out, and all kinds are");
  EXPECT_EQ(error_of(source + "[[dedup]]\nexact = false\n"), "r.toml:4: [dedup] has to be a table");
  EXPECT_EQ(error_of("dedup = true\n" + source), "r.toml:1: [dedup] has to be a table");
  EXPECT_EQ(error_of(source + "[dedup]\nnear = \"keep\"\n"),
            "r.toml:5: dedup: `near` = \"keep\" says nothing without `minhash`: name a set, such as \"datatrove\"");
  EXPECT_NE(error_of(source + "[dedup]\nspan_keep = \"none\"\n").find("`span_keep` says nothing without"),
            std::string::npos);
  EXPECT_EQ(error_of(source + "[dedup]\nspan_tokens = 5000\n"),
            "r.toml:4: dedup: `span_tokens` = 5000 has to lie between 0 and 1000");
}

}  // namespace
}  // namespace persea::curation
