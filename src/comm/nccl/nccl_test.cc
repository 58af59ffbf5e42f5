// One rank passes numbers to itself, over whatever NCCL and GPU are there. Several ranks, which are threads here, can
// only do so over the emulated ones.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "comm/exchange.h"
#include "comm/nccl/nccl.h"
#include "comm/rank_grid.h"
#include "comm/ranks_for_test.h"
#include "tensor/cuda.h"
#include "tensor/half.h"

namespace persea {
namespace {

class OnAGpuNccl : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::present()) GTEST_SKIP() << "no GPU here";
    if (const auto nccl = Nccl::find(); !nccl) GTEST_SKIP() << nccl.error().message;
  }
};

class OnEmulatedGpus : public testing::Test {
 protected:
  void SetUp() override {
    if (!gpus_are_emulated()) GTEST_SKIP() << "no emulated GPUs here";
  }
};

Tensor counting(int64_t count, float first) {
  Tensor floats({count});
  std::iota(floats.span().begin(), floats.span().end(), first);
  return floats;
}

Status moved(Ranks& ranks, Transfer& transfer) {
  return ranks.wait([&] { return transfer.done() ? std::vector<int>{} : std::vector<int>{ranks.rank()}; });
}

TEST_F(OnAGpuNccl, OneRankSendsToItselfAndAddsUp) {
  constexpr int64_t kCount = 300001;
  const auto ranks = std::move(thread_ranks(1)[0]);
  ASSERT_TRUE(ranks->join_gpus().ok());
  const Tensor from = counting(kCount, 1).to(cuda_device), own = counting(kCount, 2).to(cuda_device),
               to({kCount}, DType::f32, cuda_device);
  GpuBatch batch;
  batch.sends.push_back({from.data(), from.bytes(), 0});
  batch.receives.push_back({to.data(), to.bytes(), 0});
  batch.sums.push_back({own.data(), to.data(), DType::f32, kCount, 0, 1});
  const auto transfer = ranks->begin(std::move(batch));
  // What the GPU is asked for behind a batch comes after it, without a wait in between.
  const Status ordered = ranks->wait([&] { return transfer->ordered() ? std::vector<int>{} : std::vector<int>{0}; });
  ASSERT_TRUE(ordered.ok()) << ordered.error().message;
  const Tensor sums = own.to(cpu_device);
  for (int64_t i = 0; i < kCount; ++i) ASSERT_EQ(sums.span()[static_cast<size_t>(i)], static_cast<float>(2 * i + 3));
  EXPECT_TRUE(moved(*ranks, *transfer).ok());
}

// What each rank holds: numbers whose sum depends on the order in which they are added.
Tensor floats_of(int rank, int64_t count) {
  Random random(static_cast<uint64_t>(rank), "floats");
  Tensor all({count});
  for (float& value : all.span()) value = static_cast<float>(random.normal() * std::pow(10, random.below(6)));
  return all;
}

Tensor rounded(const Tensor& floats) {
  Tensor all(floats.shape(), DType::bf16);
  for (int64_t i = 0; i < all.count(); ++i) all.data<Bf16>()[i].bits = to_bf16(floats.data()[i]);
  return all;
}

// Of either type, on the CPU.
Tensor numbers_of(int rank, int64_t count, DType dtype) {
  return dtype == DType::bf16 ? rounded(floats_of(rank, count)) : floats_of(rank, count);
}

Tensor sum_of(const std::vector<int>& ranks, int64_t count, DType dtype) {
  const Tensor sum = Tensor::zeros({count});
  for (const int rank : ranks) {
    const Tensor more = numbers_of(rank, count, dtype);
    for (int64_t i = 0; i < count; ++i)
      sum.data()[i] += dtype == DType::bf16 ? from_bf16(more.data<Bf16>()[i].bits) : more.data()[i];
  }
  return dtype == DType::bf16 ? rounded(sum) : sum;
}

std::vector<int> first(int count) {
  std::vector<int> all(static_cast<size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), static_cast<size_t>(a.bytes())) == 0;
}

Piece piece_of(const Tensor& tensor, int64_t begin, int64_t end, int owner) {
  return {tensor.raw() + begin * dtype_bytes(tensor.dtype()), end - begin, owner, tensor.device(), tensor.dtype()};
}

TEST_F(OnEmulatedGpus, SumsAreThoseInTheOrderOfTheRanksAndReachAll) {
  const int64_t sizes[] = {1, 100000, 0, 7, 65536, 1025, 3};
  const int64_t count = std::accumulate(std::begin(sizes), std::end(sizes), int64_t{0});
  for (const DType dtype : {DType::f32, DType::bf16}) {
    for (const int size : {2, 3, 5}) {
      const Tensor expected = sum_of(first(size), count, dtype);
      on_emulated_gpus(size, [&](Ranks& ranks) {
        const Tensor before = numbers_of(ranks.rank(), count, dtype), own = before.to(cuda_device);
        std::vector<Piece> pieces;
        int64_t at = 0;
        for (const int64_t each : sizes) {
          pieces.push_back(piece_of(own, at, at + each, static_cast<int>(pieces.size()) % size));
          at += each;
        }
        Exchange exchange(ranks);
        for (const Piece& piece : pieces) {
          exchange.reduce(piece);
          exchange.progress();
        }
        ASSERT_TRUE(exchange.wait().ok());
        const Tensor reduced = own.to(cpu_device);
        for (const Piece& piece : pieces) {
          const int64_t begin = static_cast<std::byte*>(piece.data) - own.raw();
          const Tensor& right = piece.owner == ranks.rank() ? expected : before;
          ASSERT_EQ(std::memcmp(reduced.raw() + begin, right.raw() + begin, static_cast<size_t>(piece.bytes())), 0);
        }
        for (const Piece& piece : pieces) exchange.share(piece);
        ASSERT_TRUE(exchange.wait().ok());
        EXPECT_TRUE(same_bits(own.to(cpu_device), expected));
      });
    }
  }
}

// A grid of 2 x 2, as a step has them: neighbours sum again and again, not all as often, and in between those of the
// same place sum what the passes have finished. No pair waits for another for ever.
TEST_F(OnEmulatedGpus, SumsOfNeighboursGoOnBesideThoseOfTheSamePlace) {
  constexpr int64_t kCount = 10001;
  on_emulated_gpus(4, [&](Ranks& world) {
    world.set_patience({60});
    RankGrid grid(world, 2);
    Exchange neighbours(grid.tensor()), alike(grid.data(), kCount);  // a batch each
    const int first_neighbour = world.rank() / 2 * 2, place = world.rank() % 2;
    const Tensor pair = sum_of({first_neighbour, first_neighbour + 1}, kCount, DType::bf16);
    const Tensor column = sum_of({place, place + 2}, kCount, DType::f32);
    const auto sum_of_neighbours = [&] {
      const Tensor own = numbers_of(world.rank(), kCount, DType::bf16).to(cuda_device);
      for (const int owner : {0, 1})
        neighbours.reduce(piece_of(own, owner * kCount / 2, (owner + 1) * kCount / 2, owner));
      ASSERT_TRUE(neighbours.order().ok());
      for (const int owner : {0, 1})
        neighbours.share(piece_of(own, owner * kCount / 2, (owner + 1) * kCount / 2, owner));
      ASSERT_TRUE(neighbours.order().ok());
      ASSERT_TRUE(same_bits(own.to(cpu_device), pair));
    };
    for (int pass = 0; pass < 3 + 5 * grid.data().rank(); ++pass) sum_of_neighbours();
    std::vector<Tensor> gradients;
    for (int i = 0; i < 4; ++i) {
      gradients.push_back(numbers_of(world.rank(), kCount, DType::f32).to(cuda_device));
      alike.reduce(piece_of(gradients.back(), 0, kCount, i % 2));
      alike.progress();
      sum_of_neighbours();
    }
    ASSERT_TRUE(alike.wait().ok());
    ASSERT_TRUE(neighbours.wait().ok());
    for (int i = grid.data().rank(); i < 4; i += 2)
      EXPECT_TRUE(same_bits(gradients[static_cast<size_t>(i)].to(cpu_device), column));
  });
}

TEST_F(OnEmulatedGpus, FloatsMoveFromOneToAnother) {
  on_emulated_gpus(3, [](Ranks& ranks) {
    constexpr int64_t kCount = 70000;
    const Tensor own = counting(kCount, static_cast<float>(ranks.rank())).to(cuda_device),
                 other({kCount}, DType::f32, cuda_device);
    const auto floats = [](const Tensor& tensor) { return std::span(tensor.data(), static_cast<size_t>(kCount)); };
    Exchange exchange(ranks);
    exchange.move(0, 2, floats(ranks.rank() == 0 ? own : other), cuda_device);
    exchange.move(2, 0, floats(ranks.rank() == 2 ? own : other), cuda_device);
    exchange.move(1, 1, floats(own), cuda_device);
    ASSERT_TRUE(exchange.wait().ok());
    EXPECT_TRUE(same_bits(own.to(cpu_device), counting(kCount, static_cast<float>(ranks.rank()))));
    if (ranks.rank() == 1) return;
    EXPECT_TRUE(same_bits(other.to(cpu_device), counting(kCount, static_cast<float>(2 - ranks.rank()))));
  });
}

// A neighbour that does not come is seen although nobody waits for the GPU.
TEST_F(OnEmulatedGpus, ARankThatEndsIsNamedByThoseThatOnlyOrder) {
  auto all = thread_ranks(2);
  std::vector<std::thread> threads;
  for (auto& ranks : all) {
    threads.emplace_back([&ranks] {
      auto joined = join_nccl(*ranks);
      ASSERT_TRUE(joined.ok());
      if (ranks->rank() == 1) return ranks.reset();
      ranks->set_gpus(std::move(*joined));
      const Tensor own = Tensor::zeros({1000}, DType::f32, cuda_device);
      Exchange exchange(*ranks);
      exchange.share(piece_of(own, 0, 1000, 1));
      const Status status = exchange.order();
      ASSERT_FALSE(status.ok());
      EXPECT_EQ(status.error().message, "rank 1 has ended");
      exchange.share(piece_of(own, 0, 1000, 1));
      EXPECT_FALSE(exchange.order().ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// What the stand-in for NCCL holds its users to; a real one would move whatever is there.
TEST_F(OnEmulatedGpus, PlacesOfABatchThatOverlapAreRefused) {
  on_emulated_gpus(2, [](Ranks& ranks) {
    const Tensor own = Tensor::zeros({1000}, DType::f32, cuda_device);
    const int other = 1 - ranks.rank();
    GpuBatch batch;
    batch.sends.push_back({own.data(), 400, other});
    batch.receives.push_back({own.data() + 50, 400, other});
    const auto transfer = ranks.begin(std::move(batch));
    const Status status = moved(ranks, *transfer);
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.error().message.find("invalid usage"), std::string::npos) << status.error().message;
  });
}

}  // namespace
}  // namespace persea
