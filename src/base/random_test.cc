#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace persea {
namespace {

// The figures of the authors' C programs.
TEST(Random, MatchesXoshiroAndSplitmix) {
  Random random;
  random.set_state({1, 2, 3, 4});
  EXPECT_EQ(random.next(), 11520u);
  EXPECT_EQ(random.next(), 0u);
  EXPECT_EQ(random.next(), 1509978240u);
  EXPECT_EQ(random.next(), 1215971899390074240u);
  const Random::State expected = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                  4593380528125082431u};
  EXPECT_EQ(Random(1234567).state(), expected);
}

TEST(Random, StateContinuesTheStream) {
  Random a(5);
  for (int i = 0; i < 10; ++i) a.next();
  Random b;
  b.set_state(a.state());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(a.next(), b.next());
}

TEST(Random, StreamsDiffer) {
  Random a(1, "data"), b(1, "init"), c(2, "data"), again(1, "data");
  const uint64_t first = a.next();
  EXPECT_NE(first, b.next());
  EXPECT_NE(first, c.next());
  EXPECT_EQ(first, again.next());
}

TEST(Random, BelowIsUniform) {
  Random random(3);
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts[random.below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
  EXPECT_EQ(random.below(1), 0u);
  EXPECT_LT(random.below(~0ull), ~0ull);
}

TEST(Random, UniformAndNormalHaveTheirMoments) {
  Random random(4);
  constexpr int kDraws = 100000;
  double uniform = 0, mean = 0, square = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    uniform += u;
    const double n = random.normal();
    ASSERT_TRUE(std::isfinite(n));
    mean += n;
    square += n * n;
  }
  EXPECT_NEAR(uniform / kDraws, 0.5, 0.005);
  EXPECT_NEAR(mean / kDraws, 0, 0.015);
  EXPECT_NEAR(square / kDraws, 1, 0.03);
}

TEST(Random, ShuffleKeepsTheItems) {
  Random random(5);
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  const std::vector<int> before = items;
  random.shuffle(items);
  EXPECT_NE(items, before);
  std::sort(items.begin(), items.end());
  EXPECT_EQ(items, before);
}

}  // namespace
}  // namespace persea
