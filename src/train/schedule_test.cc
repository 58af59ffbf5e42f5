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
    Schedule schedule{0, 0, 50, 0.25, shape};
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

// A machine of changing pace: the length is decided when the decay is due and the budget is met.
TEST(Schedule, MinutesAreMetWhereverThePaceGoes) {
  PretrainRecipe recipe;
  recipe.minutes = 2;
  recipe.decay = 0.4;
  for (const double late_pace : {0.04, 0.05, 0.06}) {
    Pace pace = pace_of(recipe, 1000, false);
    EXPECT_EQ(pace.total, 0);
    double seconds = 0;
    int64_t step = 0;
    while (pace.total == 0) {
      seconds += seconds < 30 ? 0.03 : late_pace;
      ++step;
      if (decay_due(recipe, step, seconds)) decide_length(recipe, step, seconds, late_pace, 1, pace);
    }
    EXPECT_NEAR(seconds, 72, 0.1);
    seconds += static_cast<double>(pace.total - step) * late_pace;
    EXPECT_NEAR(seconds, 119, 0.2);
    EXPECT_EQ(schedule_of(recipe, pace).scale(step - 1), 1);
    EXPECT_LT(schedule_of(recipe, pace).scale(pace.total - 1), 0.06);
  }
}

TEST(Schedule, PaceSurvivesItsFile) {
  const Pace pace{1000, 600, 40, 50, 20};
  EXPECT_FALSE(pace.checkpoint_at(0));
  EXPECT_TRUE(pace.checkpoint_at(50));
  const auto read = Pace::from_json(pace.json(), "pace.json");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->json(), pace.json());
  Json broken = pace.json();
  broken["total"] = -5;
  EXPECT_FALSE(Pace::from_json(broken, "pace.json").ok());
  EXPECT_FALSE(Pace::from_json(Json::array(), "pace.json").ok());
}

}  // namespace
}  // namespace persea
