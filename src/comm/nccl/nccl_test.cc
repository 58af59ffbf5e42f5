// One rank passes floats to itself, over whatever NCCL and GPU are there. Several ranks, which are threads here, can
// only do so over the emulated ones: a real NCCL refuses two on one GPU.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <thread>
#include <vector>

#include "base/random.h"
#include "comm/exchange.h"
#include "comm/nccl/nccl.h"
#include "comm/thread_ranks.h"
#include "tensor/cuda.h"

namespace persea {
namespace {

class OnAGpuNccl : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::present()) GTEST_SKIP() << "no GPU here";
    if (const auto nccl = Nccl::find(); !nccl) GTEST_SKIP() << nccl.error().message;
  }
};

Tensor counting(int64_t count, float first) {
  Tensor floats({count});
  std::iota(floats.span().begin(), floats.span().end(), first);
  return floats;
}

TEST_F(OnAGpuNccl, OneRankSendsToItselfAndAddsUp) {
  constexpr int64_t kCount = 300001;
  const auto ranks = std::move(thread_ranks(1)[0]);
  ASSERT_TRUE(ranks->join_gpus().ok());
  const Tensor from = counting(kCount, 1).to(cuda_device), own = counting(kCount, 2).to(cuda_device),
               to({kCount}, DType::f32, cuda_device);
  GpuBatch batch;
  batch.sends.push_back({from.data(), kCount, 0});
  batch.receives.push_back({to.data(), kCount, 0});
  batch.sums.push_back({own.data(), to.data(), kCount, 0, 1});
  const auto transfer = ranks->begin(std::move(batch));
  const Status moved = ranks->wait([&] { return transfer->done() ? std::vector<int>{} : std::vector<int>{0}; });
  ASSERT_TRUE(moved.ok()) << moved.error().message;
  const Tensor sums = own.to(cpu_device);
  for (int64_t i = 0; i < kCount; ++i) ASSERT_EQ(sums.span()[static_cast<size_t>(i)], static_cast<float>(2 * i + 3));
}

// What each rank holds: floats whose sum depends on the order in which they are added.
Tensor floats_of(int rank, int64_t count) {
  Random random(static_cast<uint64_t>(rank), "floats");
  Tensor all({count});
  for (float& value : all.span()) value = static_cast<float>(random.normal() * std::pow(10, random.below(6)));
  return all;
}

TEST_F(OnAGpuNccl, SumsAreThoseInTheOrderOfTheRanksAndReachAll) {
  if (cuda::properties().name != "emulated") GTEST_SKIP() << "ranks of one process have one GPU";
  const int64_t sizes[] = {1, 100000, 0, 7, 65536, 1025, 3};
  const int64_t count = std::accumulate(std::begin(sizes), std::end(sizes), int64_t{0});
  for (const int size : {2, 3, 5}) {
    const Tensor expected = floats_of(0, count);
    for (int rank = 1; rank < size; ++rank) {
      const Tensor more = floats_of(rank, count);
      for (int64_t i = 0; i < count; ++i) expected.data()[i] += more.data()[i];
    }
    const auto all = thread_ranks(size);
    std::vector<std::thread> threads;
    for (const auto& each : all) {
      threads.emplace_back([&, ranks = each.get()] {
        auto joined = join_nccl(*ranks);  // not join_gpus(), which wants a GPU for each
        ASSERT_TRUE(joined.ok());
        ranks->set_gpus(std::move(*joined));
        const Tensor own = floats_of(ranks->rank(), count).to(cuda_device), before = own.to(cpu_device);
        std::vector<Piece> pieces;
        int64_t at = 0;
        for (const int64_t each_size : sizes) {
          pieces.push_back({own.data() + at, each_size, static_cast<int>(pieces.size()) % size, cuda_device});
          at += each_size;
        }
        Exchange exchange(*ranks);
        for (const Piece& piece : pieces) {
          exchange.reduce(piece);
          exchange.progress();
        }
        ASSERT_TRUE(exchange.wait().ok());
        const Tensor reduced = own.to(cpu_device);
        for (const Piece& piece : pieces) {
          const int64_t begin = piece.data - own.data();
          const Tensor& right = piece.owner == ranks->rank() ? expected : before;
          ASSERT_EQ(std::memcmp(reduced.data() + begin, right.data() + begin,
                                static_cast<size_t>(piece.count) * sizeof(float)),
                    0);
        }
        for (const Piece& piece : pieces) exchange.share(piece);
        ASSERT_TRUE(exchange.wait().ok());
        EXPECT_EQ(std::memcmp(own.to(cpu_device).data(), expected.data(), static_cast<size_t>(count) * sizeof(float)),
                  0);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace persea
