#include "train/recipe.h"

#include <gtest/gtest.h>

#include <set>

#include "base/file.h"
#include "train/training_memory.h"

namespace persea {
namespace {

std::string error_of(std::string_view text) {
  const auto recipe = Recipe::parse(text, "r.toml");
  return recipe ? "" : recipe.error().message;
}

TEST(Recipe, ReadsWhatItSaysAndKeepsDefaults) {
  const auto recipe = Recipe::parse(
      "[pretrain]\nminutes = 12\nlr = 1e-3\n[model]\nactivation = \"relu_squared\"\ntied = false\n"
      "[report]\nprompts = [\"Once\", \"The\"]\n",
      "r.toml");
  ASSERT_TRUE(recipe.ok()) << recipe.error().message;
  EXPECT_EQ(recipe->pretrain.minutes, 12);
  EXPECT_EQ(recipe->pretrain.lr, 1e-3);
  EXPECT_EQ(recipe->pretrain.beta2, PretrainRecipe().beta2);
  EXPECT_EQ(recipe->model.activation, "relu_squared");
  EXPECT_FALSE(recipe->model.tied);
  EXPECT_EQ(recipe->report.prompts, (std::vector<std::string>{"Once", "The"}));
}

TEST(Recipe, AnUnknownKeyNamesLineAndNearest) {
  EXPECT_EQ(error_of("[pretrain]\n\nminuts = 3\n"),
            "r.toml:3: unknown key 'pretrain.minuts' (nearest: pretrain.minutes)");
  EXPECT_EQ(error_of("[pretran]\nminutes = 3\n"), "r.toml:2: unknown stage 'pretran' (nearest: pretrain)");
  EXPECT_EQ(error_of("\n[pretran]\n"), "r.toml:2: unknown stage 'pretran' (nearest: pretrain)");
  EXPECT_EQ(error_of("minutes = 3\n"), "r.toml:1: 'minutes' must stand in a stage, as in [pretrain]");
}

TEST(Recipe, WhereItIsSubmittedToIsNoMatterOfTheRun) {
  EXPECT_EQ(error_of("[submit]\nranks = 2\n[pretrain]\nsteps = 3\n"), "");
  EXPECT_EQ(Recipe::parse("[submit]\nranks = 2\n", "r.toml")->stage("submit"), Json::object());
}

TEST(Recipe, AWrongTypeOrRangeSaysWhatItMustBe) {
  EXPECT_EQ(error_of("[pretrain]\nlr = \"fast\"\n"), "r.toml:2: pretrain.lr = \"fast\": must be a number from 0 to 10");
  EXPECT_EQ(error_of("[model]\nlayers = 0\n"), "r.toml:2: model.layers = 0: must be a whole number from 1 to 1000");
  EXPECT_EQ(error_of("[model]\nlayers = 2.5\n"), "r.toml:2: model.layers = 2.5: must be a whole number from 1 to 1000");
  EXPECT_EQ(error_of("[model]\ntied = 1\n"), "r.toml:2: model.tied = 1: must be true or false");
  EXPECT_EQ(error_of("[pretrain]\noptimizer = \"sgd\"\n"),
            "r.toml:2: pretrain.optimizer = \"sgd\": must be one of adamw, muon");
  EXPECT_EQ(error_of("[report]\nprompts = [1]\n"), "r.toml:2: report.prompts = [1]: must be a list of texts");
  EXPECT_NE(error_of("[pretrain]\nsteps = -1\n").find("a whole number of at least 0"), std::string::npos);
  EXPECT_NE(error_of("[pretrain\n").find("r.toml:1: not TOML"), std::string::npos);
}

TEST(Recipe, TwoBudgetsAreRefusedAndSetReplacesOne) {
  EXPECT_EQ(error_of("[pretrain]\nminutes = 1\nsteps = 5\n"),
            "r.toml:3: pretrain.minutes and pretrain.steps are both budgets: keep one");
  auto recipe = Recipe::parse("[pretrain]\nminutes = 1\n", "r.toml");
  ASSERT_TRUE(recipe->set("pretrain.steps=5").ok());
  EXPECT_EQ(recipe->pretrain.minutes, 0);
  EXPECT_EQ(recipe->pretrain.steps, 5);
}

TEST(Recipe, SetTakesEveryType) {
  Recipe recipe;
  EXPECT_TRUE(recipe.set("pretrain.tokens=1e6").ok());
  EXPECT_EQ(recipe.pretrain.tokens, 1000000);
  EXPECT_TRUE(recipe.set("model.tied=false").ok());
  EXPECT_FALSE(recipe.model.tied);
  EXPECT_TRUE(recipe.set("corpus.path=/a b/c=d").ok());
  EXPECT_EQ(recipe.corpus.path, "/a b/c=d");
  EXPECT_TRUE(recipe.set("corpus.path=\"quoted\"").ok());
  EXPECT_EQ(recipe.corpus.path, "quoted");
  EXPECT_TRUE(recipe.set("report.prompts=[\"a\", \"b\"]").ok());
  EXPECT_EQ(recipe.report.prompts.size(), 2);
  EXPECT_EQ(recipe.set("pretrain.lr").error().message,
            "--set pretrain.lr: must be STAGE.KEY=VALUE, as in pretrain.minutes=30");
  EXPECT_EQ(recipe.set("pretrain.lr=x").error().message, "--set pretrain.lr = \"x\": must be a number from 0 to 10");
  EXPECT_EQ(recipe.set("pretrain.mnutes=3").error().message,
            "--set pretrain.mnutes=3: unknown key 'pretrain.mnutes' (nearest: pretrain.minutes)");
  EXPECT_FALSE(recipe.set("model.dim=1\nx = 2").ok());
}

TEST(Recipe, ChecksWhatOneKeyCannotTell) {
  Recipe recipe;
  EXPECT_NE(recipe.check().error().message.find("--text PATH"), std::string::npos);
  recipe.corpus.source = "smallworld";
  EXPECT_NE(recipe.check().error().message.find("no budget"), std::string::npos);
  recipe.pretrain.steps = 10;
  EXPECT_TRUE(recipe.check().ok()) << recipe.check().error().message;
  recipe.pretrain.batch_tokens = 1000;
  EXPECT_NE(recipe.check().error().message.find("no multiple"), std::string::npos);
  recipe = Recipe();
  recipe.corpus.source = "smallworld";
  recipe.pretrain.steps = 10;
  recipe.model.heads = 7;
  EXPECT_NE(recipe.check().error().message.find("does not divide"), std::string::npos);
}

TEST(Recipe, MicroBatchesDivideTheStep) {
  Recipe recipe;
  recipe.pretrain.sequence = 256;
  for (const int64_t sequences : {1, 7, 24, 32, 256}) {
    recipe.pretrain.batch_tokens = 256 * sequences;
    const int64_t micro = plan_passes(recipe, recipe.model_config(recipe.vocab()), int64_t{4} << 30).sequences;
    EXPECT_GE(micro, 1);
    EXPECT_EQ(sequences % micro, 0) << sequences;
  }
  recipe.pretrain.micro_batch = 4;
  EXPECT_EQ(plan_passes(recipe, recipe.model_config(recipe.vocab()), int64_t{4} << 30).sequences, 4);
}

TEST(Recipe, TheTableIsSound) {
  Recipe recipe;
  std::set<std::string> keys;
  for (const Setting& setting : recipe.settings()) {
    EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
    EXPECT_FALSE(setting.help.empty()) << setting.key;
    EXPECT_EQ(recipe.stage(setting.stage()).at(setting.name()), setting.value());
    const Json value = setting.value();  // every default is in its own range
    if (value.is_number()) {
      EXPECT_GE(value.get<double>(), setting.least) << setting.key;
      EXPECT_LE(value.get<double>(), setting.most) << setting.key;
    }
  }
}

TEST(Recipe, TheDocumentationNamesEveryKeyAndItsMeaning) {
  const auto page = read_file(fs::path(PERSEA_SOURCE_DIR) / "docs/formats/recipe.md");
  ASSERT_TRUE(page.ok()) << page.error().message;
  Recipe recipe;
  for (const Setting& setting : recipe.settings()) {
    EXPECT_NE(page->find("| `" + setting.name() + "` | "), std::string::npos) << setting.key;
    EXPECT_NE(page->find("| " + setting.help + " |"), std::string::npos) << setting.key;
  }
}

TEST(Recipe, ThoseThatComeWithTheProgramAreRight) {
  int64_t recipes = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(PERSEA_SOURCE_DIR) / "recipes")) {
    if (entry.path().extension() != ".toml") continue;
    auto recipe = Recipe::load(entry.path());
    ASSERT_TRUE(recipe.ok()) << recipe.error().message;
    if (recipe->corpus.source == "files" && recipe->corpus.path.empty()) recipe->corpus.path = "text";
    EXPECT_TRUE(recipe->check().ok()) << entry.path() << ": " << recipe->check().error().message;
    ++recipes;
  }
  EXPECT_GE(recipes, 3);
}

}  // namespace
}  // namespace persea
