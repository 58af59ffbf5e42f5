#include "comm/exchange.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <thread>

#include "base/random.h"
#include "comm/ranks_for_test.h"

namespace persea {
namespace {

// What each rank holds: floats whose sum depends on the order in which they are added.
std::vector<float> floats_of(int rank, int64_t count) {
  Random random(static_cast<uint64_t>(rank), "floats");
  std::vector<float> all(static_cast<size_t>(count));
  for (float& value : all) value = static_cast<float>(random.normal() * std::pow(10, random.below(6)));
  return all;
}

// Pieces of many sizes, given to the ranks in turn.
std::vector<Piece> pieces_of(std::vector<float>& all, int ranks) {
  const int64_t sizes[] = {1, 100000, 0, 7, 65536, 1025, 3};
  std::vector<Piece> pieces;
  int64_t at = 0;
  for (int i = 0; at < static_cast<int64_t>(all.size()); ++i) {
    const int64_t count = std::min(sizes[i % 7], static_cast<int64_t>(all.size()) - at);
    pieces.push_back({all.data() + at, count, i % ranks});
    at += count;
  }
  return pieces;
}

TEST(Exchange, SumsAreThoseInTheOrderOfTheRanksAndReachAll) {
  constexpr int64_t kCount = 400000;
  for (const int count : {1, 2, 3, 5}) {
    std::vector<float> expected = floats_of(0, kCount);
    for (int rank = 1; rank < count; ++rank) {
      const std::vector<float> more = floats_of(rank, kCount);
      for (size_t i = 0; i < expected.size(); ++i) expected[i] += more[i];
    }
    on_ranks(count, [&](Ranks& ranks) {
      std::vector<float> own = floats_of(ranks.rank(), kCount);
      const std::vector<float> before = own;
      const std::vector<Piece> pieces = pieces_of(own, count);
      Exchange exchange(ranks);
      for (const Piece& piece : pieces) {
        exchange.reduce(piece);
        exchange.progress();
      }
      ASSERT_TRUE(exchange.wait().ok());
      for (const Piece& piece : pieces) {
        const auto& right = piece.owner == ranks.rank() ? expected : before;
        ASSERT_EQ(std::memcmp(piece.data, right.data() + (static_cast<float*>(piece.data) - own.data()),
                              static_cast<size_t>(piece.bytes())),
                  0);
      }
      for (const Piece& piece : pieces) exchange.share(piece);
      ASSERT_TRUE(exchange.wait().ok());
      EXPECT_EQ(std::memcmp(own.data(), expected.data(), own.size() * sizeof(float)), 0);
    });
  }
}

TEST(Exchange, ARankThatEndsBeforeItSendsIsNamed) {
  auto all = thread_ranks(3);
  std::vector<std::thread> threads;
  for (auto& ranks : all) {
    threads.emplace_back([&ranks] {
      if (ranks->rank() == 1) return ranks.reset();
      std::vector<float> own = floats_of(ranks->rank(), 30000);
      Exchange exchange(*ranks);
      exchange.reduce({own.data(), 10000, 0});
      exchange.reduce({own.data() + 10000, 10000, 2});
      const Status status = exchange.wait();
      ASSERT_FALSE(status.ok());
      EXPECT_EQ(status.error().message, "rank 1 has ended");
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Exchange, PiecesOnTheCpuAreF32) {
  const auto all = thread_ranks(2);
  std::vector<float> own(8);
  Exchange exchange(*all[0]);
  EXPECT_THROW(exchange.reduce({own.data(), 8, 1, cpu_device, DType::bf16}), std::logic_error);
  EXPECT_THROW(exchange.share({own.data(), 8, 0, cpu_device, DType::bf16}), std::logic_error);
}

}  // namespace
}  // namespace persea
