#include "train/straggler.h"

#include <gtest/gtest.h>

namespace persea {
namespace {

using Seconds = std::vector<double>;

TEST(Straggler, OneThatStaysSlowIsNamedOnce) {
  StragglerWatch watch;
  for (int step = 1; step <= 60; ++step) {
    const auto found = watch.hear(Seconds{1, 1.1, 2, 0.9});
    ASSERT_EQ(found.size(), step == 20 ? 1U : 0U) << step;
    if (step != 20) continue;
    EXPECT_EQ(found[0].rank, 2);
    EXPECT_DOUBLE_EQ(found[0].times, 2);
  }
}

TEST(Straggler, OfTwoRanksTheOtherIsTheMeasure) {
  StragglerWatch watch;
  for (int step = 1; step < 20; ++step) EXPECT_TRUE(watch.hear(Seconds{1, 1.6}).empty());
  const auto found = watch.hear(Seconds{1, 1.6});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rank, 1);
}

TEST(Straggler, NowAndThenIsNotAlways) {
  StragglerWatch watch;
  for (int step = 0; step < 100; ++step) {
    EXPECT_TRUE(watch.hear(Seconds{1, step % 2 == 0 ? 100.0 : 1.0, 1.4}).empty());
  }
}

TEST(Straggler, OneThatKeptUpForAWhileIsNamedAgain) {
  StragglerWatch watch;
  int named = 0;
  for (int step = 0; step < 100; ++step) {
    const bool slow = step / 20 % 2 == 0;
    named += static_cast<int>(watch.hear(Seconds{1, slow ? 3.0 : 1.0, 1}).size());
  }
  EXPECT_EQ(named, 3);
}

TEST(Straggler, OneRankHoldsNobodyUp) {
  StragglerWatch watch;
  for (int step = 0; step < 100; ++step) EXPECT_TRUE(watch.hear(Seconds{1}).empty());
}

}  // namespace
}  // namespace persea
