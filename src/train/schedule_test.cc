#include "train/schedule.h"

#include <gtest/gtest.h>

namespace persea {
namespace {

TEST(Schedule, RisesStaysAndFalls) {
  Recipe recipe;
  recipe.pretrain.steps = 1000;
  recipe.pretrain.warmup_steps = 100;
  recipe.pretrain.decay = 0.2;
  recipe.pretrain.min_lr = 0.1;
  const Schedule schedule = schedule_of(recipe.pretrain, pace_of(recipe.pretrain, budgeted_steps(recipe), true));
  EXPECT_DOUBLE_EQ(schedule.scale(0), 0.01);
  EXPECT_DOUBLE_EQ(schedule.scale(49), 0.5);
  EXPECT_DOUBLE_EQ(schedule.scale(99), 1);
  EXPECT_DOUBLE_EQ(schedule.scale(799), 1);
  EXPECT_NEAR(schedule.scale(899), 0.55, 1e-9);
  EXPECT_NEAR(schedule.scale(999), 0.1, 1e-9);
  for (int64_t step = 800; step < 999; ++step) EXPECT_GT(schedule.scale(step), schedule.scale(step + 1));
}

TEST(Schedule, EveryShapeEndsAtTheLeastRate) {
  for (const std::string shape : {"linear", "cosine", "sqrt"}) {
    Schedule schedule{0, {{0, 50, 0}}, 0.25, shape};
    EXPECT_NEAR(schedule.scale(49), 0.25, 1e-9) << shape;
    EXPECT_LT(schedule.scale(25), schedule.scale(5)) << shape;
  }
}

TEST(Schedule, AShortRunHasAShortWarmup) {
  Recipe recipe;
  recipe.pretrain.steps = 10;
  recipe.pretrain.warmup_steps = 100;
  EXPECT_EQ(schedule_of(recipe.pretrain, pace_of(recipe.pretrain, 10, true)).warmup, 2);
}

TEST(Schedule, TokensBecomeSteps) {
  Recipe recipe;
  recipe.pretrain.tokens = 100000;
  recipe.pretrain.batch_tokens = 4096;
  EXPECT_EQ(budgeted_steps(recipe), 24);
}

// The pace changes before the decay and in the middle of it: the budget is met all the same, and the rate falls without
// a jump from 1 to the least.
TEST(Schedule, MinutesAreMetWhereverThePaceGoes) {
  PretrainRecipe recipe;
  recipe.minutes = 2;
  recipe.decay = 0.9;
  recipe.warmup_steps = 0;
  recipe.checkpoint_every = 100;
  for (const double late_pace : {0.01, 0.03, 0.06}) {
    Pace pace = pace_of(recipe, 4000, false);
    EXPECT_EQ(pace.total(), 0);
    double seconds = 0, before = 1;
    int64_t step = 0;
    while (pace.total() == 0 || step < pace.total()) {
      const double scale = schedule_of(recipe, pace).scale(step);
      EXPECT_LE(scale, before);
      EXPECT_GT(scale, before - 0.03) << step;
      before = scale;
      seconds += seconds < 60 ? 0.03 : late_pace;
      ++step;
      if (pace.total() > 0 ? pace.checkpoint_at(step) : decay_due(recipe, step, seconds))
        decide_length(recipe, step, seconds, seconds / static_cast<double>(step), 1, pace);
    }
    EXPECT_NEAR(seconds, 119, 4) << late_pace;
    EXPECT_NEAR(before, recipe.min_lr, 1e-9);
    EXPECT_NEAR(static_cast<double>(pace.decays.front().from), 400, 1);  // 12 of 120 seconds
    EXPECT_EQ(pace.decays.size() > 1, late_pace != 0.03);
  }
}

TEST(Schedule, PaceSurvivesItsFile) {
  const Pace pace{{{600, 1000, 0}, {700, 1100, 0.1 + 0.2}}, 40, 50, 20};
  EXPECT_FALSE(pace.checkpoint_at(0));
  EXPECT_TRUE(pace.checkpoint_at(50));
  EXPECT_EQ(pace.total(), 1100);
  const auto read = Pace::from_json(*parse_json(canonical_json(pace.json()), "pace.json"), "pace.json");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->json(), pace.json());
  for (const char* change :
       {R"([{"op":"replace","path":"/since","value":-5}])", R"([{"op":"replace","path":"/decays/1/from","value":600}])",
        R"([{"op":"replace","path":"/decays/0/total","value":600}])",
        R"([{"op":"replace","path":"/decays/0/part","value":"x"}])",
        R"([{"op":"replace","path":"/decays/0","value":7}])"})
    EXPECT_FALSE(Pace::from_json(pace.json().patch(Json::parse(change)), "pace.json").ok()) << change;
  EXPECT_FALSE(Pace::from_json(Json::array(), "pace.json").ok());
}

}  // namespace
}  // namespace persea
