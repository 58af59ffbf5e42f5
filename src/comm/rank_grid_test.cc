#include "comm/rank_grid.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "comm/exchange.h"
#include "comm/ranks_for_test.h"

namespace persea {
namespace {

TEST(RankGrid, NeighboursAndThoseOfTheSamePlaceHearEachOther) {
  on_ranks(6, [](Ranks& world) {
    RankGrid grid(world, 2);
    const int data = world.rank() / 2, tensor = world.rank() % 2;
    EXPECT_EQ(grid.tensor().rank(), tensor);
    EXPECT_EQ(grid.tensor().size(), 2);
    EXPECT_EQ(grid.data().rank(), data);
    EXPECT_EQ(grid.data().size(), 3);
    EXPECT_EQ(grid.number(data, tensor), world.rank());
    for (int round = 0; round < 50; ++round) {
      const double own = world.rank();
      EXPECT_EQ(*grid.tensor().gather({&own, 1}), (std::vector<double>{2.0 * data, 2.0 * data + 1}));
      EXPECT_EQ(*grid.data().gather({&own, 1}), (std::vector<double>{0.0 + tensor, 2.0 + tensor, 4.0 + tensor}));
      EXPECT_EQ(world.gather({&own, 1})->size(), 6U);
    }
    EXPECT_EQ(*grid.data().broadcast(std::to_string(world.rank())), std::to_string(tensor));
    const Status wrong = grid.tensor().agree(tensor == 1 ? Status(fail("no")) : Status());
    EXPECT_EQ(wrong.error().message, fmt::format("rank {}: no", 2 * data + 1));
    EXPECT_TRUE(world.agree({}).ok());
  });
}

TEST(RankGrid, OneSliceIsTheWorldItself) {
  on_ranks(2, [](Ranks& world) {
    RankGrid grid(world, 1);
    EXPECT_EQ(&grid.data(), &world);
    EXPECT_EQ(grid.tensor().size(), 1);
  });
}

TEST(RankGrid, FloatsAreSummedAndMovedWithinAGroup) {
  on_ranks(4, [](Ranks& world) {
    RankGrid grid(world, 2);
    Exchange neighbours(grid.tensor()), alike(grid.data());
    const auto own = static_cast<float>(world.rank());
    std::vector<float> a(5, own), b(7, own), c(3, own);
    neighbours.reduce({a.data(), 5, 1});
    alike.reduce({b.data(), 7, 0});
    neighbours.move(1, 0, c);
    ASSERT_TRUE(alike.wait().ok());
    ASSERT_TRUE(neighbours.wait().ok());
    const bool second = grid.tensor().rank() == 1;
    EXPECT_EQ(a[4], second ? 2 * own - 1 : own);
    EXPECT_EQ(b[6], grid.data().rank() == 0 ? 2 * own + 2 : own);
    EXPECT_EQ(c[2], second ? own : own + 1);
  });
}

// Whoever waits within a group names the rank by its number in the world, also one that is in another group.
TEST(RankGrid, ARankThatEndedEndsAllGroups) {
  auto all = thread_ranks(4);
  std::atomic<int> speakers{0};
  std::vector<std::thread> threads;
  for (auto& ranks : all) {
    threads.emplace_back([&ranks, &speakers] {
      if (ranks->rank() == 3) {
        ranks.reset();
        return;
      }
      RankGrid grid(*ranks, 2);
      double own = 1;
      Status status;  // neighbours 0 and 1 still answer each other
      while (status) {
        const auto heard = grid.tensor().gather({&own, 1});
        status = heard ? grid.data().agree({}) : heard.error();
      }
      EXPECT_EQ(status.error().message, "rank 3 has ended");
      EXPECT_TRUE(grid.tensor().broken() && grid.data().broken() && ranks->broken());
      EXPECT_EQ(grid.data().gather({&own, 1}).error().message, "rank 3 has ended");
      speakers += ranks->speaks() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(speakers, 1);
}

TEST(RankGrid, ThePatienceOfTheWorldIsThatOfItsGroups) {
  std::atomic<int> waiting{1};
  on_ranks(4, [&](Ranks& world) {
    RankGrid grid(world, 2);
    grid.tensor().set_patience({0.2});
    if (world.rank() < 2) return;
    if (world.rank() == 3) {  // it lives, but does not come
      while (waiting > 0) std::this_thread::yield();
      return;
    }
    const double own = 0;
    const auto heard = grid.tensor().gather({&own, 1});
    --waiting;
    ASSERT_FALSE(heard.ok());
    EXPECT_EQ(heard.error().message, "rank 3 has not answered for 0 s");
  });
}

TEST(RankGrid, WhatDoesNotDivideIsRefused) {
  const auto four = thread_ranks(4);
  EXPECT_TRUE(RankGrid::check(*four[0], 2).ok());
  EXPECT_EQ(RankGrid::check(*four[0], 3).error().message,
            "--tensor-parallel 3 does not divide the 4 ranks: start a multiple of it");
  EXPECT_THROW(RankGrid(*four[0], 3), std::logic_error);
  EXPECT_THROW(Ranks(*four[0], {1, 2}), std::logic_error);
}

}  // namespace
}  // namespace persea
