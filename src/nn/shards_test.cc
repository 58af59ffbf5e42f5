#include "nn/shards.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <thread>

#include "autograd/ops/shapes.h"
#include "base/random.h"
#include "comm/exchange.h"
#include "comm/thread_ranks.h"
#include "nn/optimizer.h"

namespace persea {
namespace {

// A model's parameters in small, with values and gradients from their names.
std::vector<Parameter> parameters() {
  std::vector<Parameter> all;
  const auto add = [&](const std::string& name, Shape shape) {
    Random values(1, name), gradients(2, name);
    const bool matrix = shape.size() == 2;
    all.push_back({name, random_tensor(values, shape), random_tensor(gradients, shape), false, matrix});
  };
  add("embedding", {61, 16});
  for (const char* layer : {"layers.0.", "layers.1.", "layers.2."}) {
    add(std::string(layer) + "norm", {16});
    add(std::string(layer) + "qkv", {48, 16});
    add(std::string(layer) + "o", {16, 16});
    add(std::string(layer) + "up", {88, 16});  // the last block has fewer rows
    add(std::string(layer) + "down", {16, 44});
  }
  add("norm", {16});
  return all;
}

std::vector<Parameter*> pointers(std::vector<Parameter>& all) {
  std::vector<Parameter*> pointers;
  for (Parameter& each : all) pointers.push_back(&each);
  return pointers;
}

OptimizerSettings settings_of(bool muon) {
  OptimizerSettings settings;
  settings.kind = muon ? OptimizerSettings::Kind::muon : OptimizerSettings::Kind::adamw;
  return settings;
}

int64_t bytes_here(const Optimizer& optimizer) {
  int64_t bytes = 0;
  for (const ShardedTensor& tensor : optimizer.state())
    for (const ShardedTensor::Part& part : tensor.parts) bytes += part.local.defined() ? part.local.bytes() : 0;
  return bytes;
}

TEST(Shards, CoverEverythingOnceInWholeBlocks) {
  std::vector<Parameter> all = parameters();
  for (const bool muon : {false, true}) {
    for (const int ranks : {1, 2, 3, 7, 40}) {
      std::map<const Parameter*, int64_t> covered;
      for (const Shard& shard : share_out(pointers(all), muon, ranks)) {
        EXPECT_EQ(shard.begin, covered[shard.parameter]);
        covered[shard.parameter] = shard.end;
        EXPECT_TRUE(shard.owner >= 0 && shard.owner < ranks);
        const bool block = shard.parameter->decay && shard.parameter->name != "embedding";
        EXPECT_EQ(shard.muon, muon && block);
        if (shard.muon && ranks > 1) {
          EXPECT_EQ(shard.begin % (muon_block(*shard.parameter) * shard.parameter->value.dim(1)), 0);
        }
      }
      for (const Parameter& each : all) EXPECT_EQ(covered[&each], each.value.count()) << each.name;
    }
  }
}

TEST(Shards, EachRankKeepsItsPartOfTheMoments) {
  std::vector<Parameter> all = parameters();
  for (const bool muon : {false, true}) {
    const int64_t whole = bytes_here(Optimizer(pointers(all), settings_of(muon)));
    for (const int ranks : {2, 3, 4}) {
      int64_t sum = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const int64_t own = bytes_here(Optimizer(pointers(all), settings_of(muon), rank, ranks));
        EXPECT_NEAR(static_cast<double>(own), static_cast<double>(whole) / ranks,
                    muon ? 0.05 * static_cast<double>(whole) : 32);
        sum += own;
      }
      EXPECT_EQ(sum, whole);
    }
  }
}

// What one backward pass has just finished must not wait for one rank to receive it from all others.
TEST(Shards, LargeParametersHaveManyOwners) {
  std::vector<Parameter> all = parameters();
  all.push_back({"head", Tensor::zeros({2000, 64}), Tensor::zeros({2000, 64}), false, true});
  for (const int ranks : {2, 4}) {
    std::map<int, int64_t> most;  // elements of the head by owner
    for (const Shard& shard : share_out(pointers(all), false, ranks)) {
      if (shard.parameter == &all.back()) most[shard.owner] += shard.end - shard.begin;
    }
    EXPECT_EQ(most.size(), static_cast<size_t>(ranks));
    for (const auto& [owner, elements] : most) EXPECT_LE(elements, 128000 / ranks + 1) << owner;
  }
}

// Ranks that update their shards and share them end, without clipping, with the bits of one rank that has it all.
TEST(Shards, StepsOfRanksAreStepsOfOne) {
  for (const bool muon : {false, true}) {
    std::vector<Parameter> alone = parameters();
    Optimizer whole(pointers(alone), settings_of(muon));
    double norm = 0;
    const auto again = [](std::vector<Parameter>& of, int step) {
      for (Parameter& each : of) {
        Random random(static_cast<uint64_t>(step), each.name);
        each.gradient = random_tensor(random, each.value.shape());
        each.fresh = false;
      }
    };
    for (int step = 0; step < 3; ++step) {
      again(alone, step);
      norm = whole.step(0.5, 0);
    }
    for (const int count : {2, 3}) {
      const auto all = thread_ranks(count);
      std::vector<std::thread> threads;
      for (const auto& ranks : all) {
        threads.emplace_back([&, muon] {
          std::vector<Parameter> own = parameters();
          Optimizer optimizer(pointers(own), settings_of(muon), ranks->rank(), count);
          for (int step = 0; step < 3; ++step) {
            again(own, step);
            const double squares = optimizer.squares();
            double sum = 0;
            const auto each = ranks->gather({&squares, 1});
            ASSERT_TRUE(each.ok());
            for (const double one : *each) sum += one;
            if (step == 2) {
              EXPECT_NEAR(std::sqrt(sum), norm, 1e-6 * norm);
            }
            ASSERT_TRUE(optimizer.apply(std::sqrt(sum), 0.5, 0).ok());
            Exchange exchange(*ranks);
            for (const Shard& shard : optimizer.shards())
              exchange.share({shard.parameter->value.data() + shard.begin, shard.end - shard.begin, shard.owner});
            ASSERT_TRUE(exchange.wait().ok());
            optimizer.drop_gradients();
          }
          for (size_t i = 0; i < own.size(); ++i) {
            const Tensor &a = own[i].value, &b = alone[i].value;
            EXPECT_EQ(std::memcmp(a.data(), b.data(), static_cast<size_t>(a.bytes())), 0) << own[i].name;
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
  }
}

}  // namespace
}  // namespace persea
