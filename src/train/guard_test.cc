#include "train/guard.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"

namespace persea {
namespace {

using Verdict = SpikeGuard::Verdict;

// A loss as training gives it: falling, with noise.
double usual(int64_t step, Random& random) {
  return 2 + 6 * std::exp(-static_cast<double>(step) / 100) + 0.05 * random.normal();
}

SpikeGuard warmed_up(Random& random) {
  SpikeGuard guard({8, 3, 2});
  for (int64_t step = 0; step < 1000; ++step) EXPECT_EQ(guard.judge(usual(step, random)), Verdict::accept) << step;
  return guard;
}

TEST(SpikeGuard, LetsUsualLossesPassAndSkipsASpike) {
  Random random(1);
  SpikeGuard guard = warmed_up(random);
  EXPECT_EQ(guard.judge(4), Verdict::skip);
  EXPECT_EQ(guard.judge(usual(1000, random)), Verdict::accept);
}

TEST(SpikeGuard, SkipsWhatIsNoNumberFromTheStart) {
  SpikeGuard guard({8, 3, 2});
  EXPECT_EQ(guard.judge(std::nan("")), Verdict::skip);
  EXPECT_EQ(guard.judge(8.0, false), Verdict::skip);
  EXPECT_EQ(guard.judge(std::numeric_limits<double>::infinity()), Verdict::roll_back);
}

TEST(SpikeGuard, ForgetsSkipsThatLieFarApart) {
  Random random(2);
  SpikeGuard guard = warmed_up(random);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(guard.judge(5), Verdict::skip);
    for (int calm = 0; calm < 20; ++calm) EXPECT_EQ(guard.judge(usual(1000, random)), Verdict::accept);
  }
}

TEST(SpikeGuard, OnceRollbacksAreUsedUpSpikesPassAndBrokenLossesEndTheRun) {
  Random random(3);
  SpikeGuard guard = warmed_up(random);
  const Json learnt = guard.state();
  for (int rollback = 1; rollback <= 2; ++rollback) {
    EXPECT_EQ(guard.judge(9), Verdict::skip);
    EXPECT_EQ(guard.judge(9), Verdict::skip);
    EXPECT_EQ(guard.judge(9), Verdict::roll_back);
    ASSERT_TRUE(guard.restore(learnt).ok());
    EXPECT_EQ(guard.rollbacks(), rollback);
  }
  EXPECT_EQ(guard.judge(9), Verdict::accept);
  EXPECT_EQ(guard.judge(std::nan("")), Verdict::skip);
  EXPECT_EQ(guard.judge(std::nan("")), Verdict::skip);
  EXPECT_EQ(guard.judge(std::nan("")), Verdict::give_up);
}

TEST(SpikeGuard, JudgesAlikeAfterItsStateWentThroughText) {
  Random random(4);
  SpikeGuard guard = warmed_up(random);
  SpikeGuard other({8, 3, 2});
  ASSERT_TRUE(other.set_state(Json::parse(guard.state().dump())).ok());
  for (int64_t step = 1000; step < 1200; ++step) {
    const double loss = step % 7 == 0 ? 3 : usual(step, random);
    EXPECT_EQ(guard.judge(loss), other.judge(loss));
  }
  EXPECT_EQ(guard.state(), other.state());
  EXPECT_FALSE(other.set_state(Json{{"mean", "x"}}).ok());
}

}  // namespace
}  // namespace persea
