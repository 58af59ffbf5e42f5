#include "train/training_memory.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "train/forecast.h"

namespace persea {
namespace {

Recipe small() {
  Recipe recipe;
  recipe.corpus.source = "smallworld";
  recipe.corpus.documents = 400;
  recipe.tokenizer.kind = "bytes";
  recipe.model.dim = 32;
  recipe.model.layers = 4;
  recipe.model.heads = 2;
  recipe.model.context = 64;
  recipe.pretrain.steps = 10;
  recipe.pretrain.sequence = 64;
  recipe.pretrain.batch_tokens = 256;
  recipe.report.questions = 0;
  return recipe;
}

// The least that the leanest passes take.
int64_t least_of(const Recipe& recipe, const ModelConfig& config) {
  return least_training_memory(recipe, config, plan_passes(recipe, config, 0));
}

TEST(TrainingMemory, WhatIsGrantedIsSharedByTheRanksOfAMachine) {
  Recipe recipe = small();
  const int64_t machine = memory_of_rank(recipe);
  EXPECT_GT(machine, 1 << 20);
  EXPECT_EQ(memory_of_rank(recipe, 4), machine / 4);
  recipe.memory = 1 << 20;
  EXPECT_EQ(memory_of_rank(recipe, 4), 1 << 18);
  recipe.memory = machine * 2;
  EXPECT_EQ(memory_of_rank(recipe), machine);
}

TEST(TrainingMemory, RefusesWhatTheLeanestPassesDoNotFit) {
  Recipe recipe = small();
  const ModelConfig config = recipe.model_config(recipe.vocab());
  const int64_t least = least_of(recipe, config);
  EXPECT_LT(least, least_training_memory(recipe, config, plan_passes(recipe, config, int64_t{1} << 40)));
  recipe.memory = least;
  EXPECT_TRUE(check_memory(recipe, config).ok());
  recipe.memory = least - 1;
  const Status refused = check_memory(recipe, config);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("pretrain.micro_batch"), std::string::npos) << refused.error().message;
  // Two ranks share the moments, but there is less for each of them.
  recipe.memory = 2 * least;
  EXPECT_TRUE(check_memory(recipe, config, 2, {2, 1}).ok());
  recipe.memory = least;
  EXPECT_NE(check_memory(recipe, config, 2, {2, 1}).error().message.find("for the 2 ranks on it"), std::string::npos);
}

TEST(TrainingMemory, AForecastSaysWhatIsComputedTwice) {
  Recipe recipe = small();
  const auto scratch = TempDir::create(fs::temp_directory_path(), "persea-memory");
  ASSERT_TRUE(scratch.ok());
  const auto roomy = forecast(recipe, scratch->path(), 0.1);
  ASSERT_TRUE(roomy.ok()) << roomy.error().message;
  EXPECT_EQ(roomy->json().at("recomputed_layers"), 0);
  EXPECT_EQ(roomy->json().at("recomputed_flops"), 0);
  recipe.memory = least_of(recipe, recipe.model_config(recipe.vocab()));
  const auto tight = forecast(recipe, scratch->path(), 0.1);
  ASSERT_TRUE(tight.ok()) << tight.error().message;
  EXPECT_EQ(tight->passes.recomputed, 3);
  EXPECT_EQ(tight->json().at("recomputed_layers"), 3);
  EXPECT_EQ(tight->flops, roomy->flops);  // the model's: what is computed twice counts once
  EXPECT_GT(tight->recomputed_flops, 0);
  EXPECT_LT(tight->recomputed_flops, tight->flops / 3);
  EXPECT_DOUBLE_EQ(tight->mfu, tight->flops / tight->train_seconds / (tight->peak_gflops * 1e9));
}

}  // namespace
}  // namespace persea
