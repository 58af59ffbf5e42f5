#include "comm/ranks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/clock.h"
#include "comm/ranks_for_test.h"

namespace persea {
namespace {

TEST(Ranks, OneIsDoneAtOnce) {
  const auto alone = Ranks::alone();
  EXPECT_EQ(alone->size(), 1);
  EXPECT_EQ(*alone->broadcast("text"), "text");
  EXPECT_EQ(*alone->gather(std::vector<double>{1, 2}), (std::vector<double>{1, 2}));
  EXPECT_TRUE(alone->agree({}).ok());
  EXPECT_EQ(alone->agree(fail("no")).error().message, "no");
}

TEST(Ranks, HearWhatRankZeroSays) {
  for (const size_t length : {0, 1, 3000000}) {
    const std::string said(length, 'x');
    on_ranks(3, [&](Ranks& ranks) {
      const auto heard = ranks.broadcast(ranks.rank() == 0 ? said : "another");
      ASSERT_TRUE(heard.ok());
      EXPECT_EQ(*heard, said);
    });
  }
}

TEST(Ranks, GatherNumbersByRank) {
  on_ranks(4, [](Ranks& ranks) {
    for (int round = 0; round < 100; ++round) {
      const double own[] = {ranks.rank() + 0.5, static_cast<double>(round)};
      const auto all = ranks.gather(own);
      ASSERT_TRUE(all.ok());
      EXPECT_EQ(*all, (std::vector<double>{0.5, own[1], 1.5, own[1], 2.5, own[1], 3.5, own[1]}));
    }
  });
}

TEST(Ranks, AgreeOnTheErrorOfTheLowest) {
  on_ranks(3, [](Ranks& ranks) {
    EXPECT_TRUE(ranks.agree({}).ok());
    const Status two = ranks.agree(ranks.rank() > 0 ? Status(fail("wrong on {}", ranks.rank())) : Status());
    ASSERT_FALSE(two.ok());
    EXPECT_EQ(two.error().message, "rank 1: wrong on 1");
    EXPECT_EQ(ranks.agree(fail("all")).error().message, "all");
    EXPECT_FALSE(ranks.broken());
    EXPECT_EQ(ranks.speaks(), ranks.rank() == 0);
  });
}

TEST(Ranks, ARankThatEndedIsNamedByAllAndOneSpeaks) {
  for (const int dead : {0, 2}) {
    auto all = thread_ranks(4);
    std::atomic<int> speakers{0};
    std::vector<std::thread> threads;
    for (auto& ranks : all) {
      threads.emplace_back([&ranks, &speakers, dead] {
        if (ranks->rank() == dead) {
          ranks.reset();
          return;
        }
        const auto heard = ranks->gather(std::vector<double>{1});
        ASSERT_FALSE(heard.ok());
        EXPECT_EQ(heard.error().message, fmt::format("rank {} has ended", dead));
        EXPECT_EQ(ranks->agree({}).error().message, heard.error().message);  // it stays so
        speakers += ranks->speaks() ? 1 : 0;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(speakers, 1) << dead;
  }
}

TEST(Ranks, ThoseThatDoNotAnswerAreNamedOnceThePatienceEnds) {
  std::atomic<int> waiting{2};
  on_ranks(4, [&](Ranks& ranks) {
    ranks.set_patience({0.3});
    if (ranks.rank() == 1 || ranks.rank() == 3) {  // they live, but do not come
      while (waiting > 0) std::this_thread::yield();
      return;
    }
    const auto heard = ranks.gather(std::vector<double>{1});
    --waiting;
    ASSERT_FALSE(heard.ok());
    EXPECT_NE(heard.error().message.find("ranks 1 and 3 have not answered for 0 s"), std::string::npos)
        << heard.error().message;
    EXPECT_TRUE(ranks.broken());
  });
}

TEST(Ranks, AnInterruptEndsTheWaitButLetsOthersFinish) {
  std::atomic<bool> interrupted{false}, done{false};
  on_ranks(2, [&](Ranks& ranks) {
    ranks.set_patience({1000, [&] { return interrupted.load(); }, 0.4});
    if (ranks.rank() == 1) {
      interrupted = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));  // what it is at takes it that long
      EXPECT_TRUE(ranks.gather(std::vector<double>{1}).ok());
      while (!done) std::this_thread::yield();
      return;
    }
    EXPECT_TRUE(ranks.gather(std::vector<double>{1}).ok());
    const auto heard = ranks.gather(std::vector<double>{1});
    done = true;
    ASSERT_FALSE(heard.ok());
    EXPECT_EQ(heard.error().message, "interrupted, and rank 1 has not answered");
  });
}

}  // namespace
}  // namespace persea
