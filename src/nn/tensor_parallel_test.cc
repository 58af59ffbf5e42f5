// A model in slices on ranks that are threads, against the whole model: losses, gradients, and steps of both
// optimizers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/threads.h"
#include "comm/rank_grid.h"
#include "comm/ranks_for_test.h"
#include "nn/model_for_test.h"
#include "nn/optimizer.h"
#include "nn/rank_slices.h"
#include "tensor/cuda.h"

namespace persea {
namespace {

ModelConfig small() {
  ModelConfig config = tiny();
  config.vocab = 30;  // slices of other sizes with four ranks
  config.heads = 8;
  config.kv_heads = 4;
  return config;
}

Batch batch_of(const ModelConfig& config) { return {2, 12, config.vocab, 4}; }

struct Variant {
  const char* name;
  void (*change)(ModelConfig&);
  double dropout = 0;
};
const Variant kVariants[] = {{"plain", [](ModelConfig&) {}},
                             {"untied", [](ModelConfig& c) { c.tied = false; }},
                             {"qk_norm", [](ModelConfig& c) { c.qk_norm = true; }},
                             {"biases", [](ModelConfig& c) { c.qkv_bias = true; }},
                             {"capped", [](ModelConfig& c) { c.logit_soft_cap = 3; }},
                             {"relu_squared", [](ModelConfig& c) { c.activation = Activation::relu_squared; }},
                             {"dropout", [](ModelConfig&) {}, 0.2}};

// Larger weights than at the start: every part of the graph matters.
void enlarge(Model& model) {
  for (Parameter* each : model.parameters())
    if (each->decay)
      for (float& weight : each->value.span()) weight *= 8;
}

// What the rank should hold of a whole tensor.
std::vector<float> slice_of(const Tensor& whole, const ParameterSlices& slices, int rank) {
  std::vector<float> own;
  for (const Box& box : slices.boxes[static_cast<size_t>(rank)]) {
    for (int64_t row = box.row; row < box.row + box.rows; ++row) {
      const float* from = whole.data() + row * slices.columns() + box.column;
      own.insert(own.end(), from, from + box.columns);
    }
  }
  return own;
}

void expect_close(const Tensor& found, const std::vector<float>& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(found.count(), static_cast<int64_t>(expected.size())) << what;
  const Tensor here = found.to(cpu_device);
  double error = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    error += std::pow(double(here.data()[i]) - double(expected[i]), 2);
    norm += std::pow(double(expected[i]), 2);
  }
  EXPECT_LE(std::sqrt(error), tolerance * std::sqrt(norm) + 1e-12) << what;
}

void on_grid(int count, int tensor_ranks, const std::function<void(RankGrid&)>& body, Device device = cpu_device) {
  const auto in_grid = [&](Ranks& ranks) {
    RankGrid grid(ranks, tensor_ranks);
    body(grid);
  };
  device == cpu_device ? on_ranks(count, in_grid) : on_emulated_gpus(count, in_grid);
}

class TensorParallel : public testing::Test {
 protected:
  TensorParallel() { set_threads(1); }
};

TEST_F(TensorParallel, LossesAndGradientsAreThoseOfTheWholeModel) {
  for (const Variant& variant : kVariants) {
    ModelConfig config = small();
    variant.change(config);
    const Batch batch = batch_of(config);
    const Model::LossOptions options{.scale = 0.25F, .dropout = variant.dropout, .dropout_seed = 3};
    Model whole(config, 1);
    enlarge(whole);
    const double held_out = whole.loss(batch.view(), {.training = false});
    whole.loss(batch.view(), options);
    const double expected = whole.loss(batch.view(), options);  // gradients of two passes: they add up
    for (const int count : {2, 4}) {
      on_grid(count, count, [&](RankGrid& grid) {
        RankSlices slices(grid.tensor());
        Model model(config, 1, &slices);
        enlarge(model);
        const std::string where = fmt::format("{}, {} ranks: ", variant.name, count);
        EXPECT_NEAR(model.loss(batch.view(), {.training = false}), held_out, 1e-5 * held_out) << where;
        model.loss(batch.view(), options);
        EXPECT_NEAR(model.loss(batch.view(), options), expected, 1e-5 * expected) << where;
        const auto own = model.parameters(), all = whole.parameters();
        for (size_t i = 0; i < all.size(); ++i) {
          const int rank = grid.tensor().rank();
          EXPECT_EQ(own[i]->value.shape(), model.slices()[i].shape(rank));
          expect_close(own[i]->value, slice_of(all[i]->value, model.slices()[i], rank), 0, where + own[i]->name);
          expect_close(own[i]->gradient, slice_of(all[i]->gradient, model.slices()[i], rank), 2e-5,
                       where + "gradient of " + own[i]->name);
        }
      });
    }
  }
}

// The ranks' sums are made again, too.
TEST_F(TensorParallel, RecomputedLayersHaveTheSameBits) {
  ModelConfig config = small();
  config.qk_norm = true;
  const Batch batch = batch_of(config);
  on_grid(4, 4, [&](RankGrid& grid) {
    RankSlices slices(grid.tensor());
    Model whole(config, 1, &slices), parts(config, 1, &slices);
    Model::LossOptions options{.dropout = 0.2, .dropout_seed = 3};
    const double expected = whole.loss(batch.view(), options);
    options.recomputed = 1;
    EXPECT_EQ(parts.loss(batch.view(), options), expected);
    for (size_t i = 0; i < whole.parameters().size(); ++i) {
      const auto wanted = whole.parameters()[i]->gradient.span(), found = parts.parameters()[i]->gradient.span();
      EXPECT_TRUE(std::equal(wanted.begin(), wanted.end(), found.begin())) << whole.parameters()[i]->name;
    }
  });
}

// The logits' chunks are the same on all ranks, though one slice has a row more, which alone would make them shorter.
TEST_F(TensorParallel, SlicesOfAVocabularyMayDifferByARow) {
  ModelConfig config = small();
  config.layers = 1;
  config.vocab = 8193;
  const Batch batch(2, 600, config.vocab, 4);
  Model whole(config, 1);
  const double expected = whole.loss(batch.view(), {});
  on_grid(2, 2, [&](RankGrid& grid) {
    RankSlices slices(grid.tensor());
    Model model(config, 1, &slices);
    EXPECT_NEAR(model.loss(batch.view(), {}), expected, 1e-5 * expected);
  });
}

TEST_F(TensorParallel, WhatIsCommonHasTheSameBitsOnAllRanks) {
  ModelConfig config = small();
  config.qk_norm = true;
  const Batch batch = batch_of(config);
  on_grid(4, 4, [&](RankGrid& grid) {
    RankSlices slices(grid.tensor());
    Model model(config, 1, &slices);
    const double loss = model.loss(batch.view(), {});
    std::vector<double> common{loss};
    for (size_t i = 0; i < model.slices().size(); ++i) {
      if (!model.slices()[i].common) continue;
      for (const float value : model.parameters()[i]->gradient.span()) common.push_back(value);
    }
    ASSERT_GT(common.size(), 100U);
    const auto all = grid.tensor().gather(common);
    ASSERT_TRUE(all.ok());
    for (size_t i = 0; i < all->size(); ++i) ASSERT_EQ((*all)[i], common[i % common.size()]);
  });
}

// Gradients are made up, the same for all that share the batch: what differs is who updates what.
TEST_F(TensorParallel, StepsAreThoseOfTheWholeModel) {
  for (const auto kind : {OptimizerSettings::Kind::adamw, OptimizerSettings::Kind::muon}) {
    OptimizerSettings settings;
    settings.kind = kind;
    const ModelConfig config = small();
    Model whole(config, 1);
    Optimizer optimizer(whole.parameters(), settings);
    std::vector<std::vector<Tensor>> gradients;
    double norm = 0;
    for (int step = 0; step < 3; ++step) {
      gradients.emplace_back();
      for (Parameter* each : whole.parameters()) {
        Random random(static_cast<uint64_t>(step), each->name);
        each->gradient = Tensor(each->value.shape());
        for (float& value : each->gradient.span()) value = static_cast<float>(random.normal());
        gradients.back().push_back(each->gradient.clone());
        each->fresh = false;
      }
      norm = optimizer.step(0.5, 1);
    }
    const std::pair<int, int> layouts[] = {{2, 2}, {4, 4}, {4, 2}, {6, 2}};
    for (const auto& layout : layouts) {
      const int count = layout.first, tensor_ranks = layout.second;
      on_grid(count, tensor_ranks, [&](RankGrid& grid) {
        RankSlices slices(grid.tensor());
        Model model(config, 1, &slices);
        Optimizer own(model.parameters(), model.slices(), settings, grid);
        const int rank = grid.tensor().rank();
        for (int step = 0; step < 3; ++step) {
          for (size_t i = 0; i < model.slices().size(); ++i) {
            Parameter& each = *model.parameters()[i];
            const auto values = slice_of(gradients[static_cast<size_t>(step)][i], model.slices()[i], rank);
            each.gradient = Tensor::from(std::span<const float>(values), each.value.shape());
            each.fresh = false;
          }
          const double squares = own.squares();
          const auto all = grid.world().gather({&squares, 1});
          ASSERT_TRUE(all.ok());
          double sum = 0;
          for (const double each : *all) sum += each;
          if (step == 2) {
            EXPECT_NEAR(std::sqrt(sum), norm, 1e-6 * norm);
          }
          ASSERT_TRUE(own.apply(std::sqrt(sum), 0.5, 1).ok());
          Exchange exchange(grid.data());
          for (const Shard& shard : own.shards())
            exchange.share({shard.parameter->value.data() + shard.begin, shard.end - shard.begin, shard.owner});
          ASSERT_TRUE(exchange.wait().ok());
          own.drop_gradients();
        }
        for (size_t i = 0; i < model.slices().size(); ++i)
          expect_close(model.parameters()[i]->value, slice_of(whole.parameters()[i]->value, model.slices()[i], rank),
                       1e-6, fmt::format("{} of {}: {}", tensor_ranks, count, model.parameters()[i]->name));
      });
    }
  }
}

// Losses, gradients, and steps of both optimizers near those of the whole model on the CPU, in f32 and with activations
// in bf16, and the same weights on all ranks where these are common.
TEST_F(TensorParallel, LearnsTheSameOnGpus) {
  if (!gpus_are_emulated()) GTEST_SKIP() << "no emulated GPUs here";
  ModelConfig config = small();
  config.layers = 1;
  config.qk_norm = true;  // without biases: the gradient of those of k is rounding, which AdamW makes a step of
  config.logit_soft_cap = 20;
  const Batch batch = batch_of(config);
  struct Case {
    OptimizerSettings::Kind kind;
    kernels::Precision precision;
    double loss, gradient, weight;  // tolerances
  };
  using Kind = OptimizerSettings::Kind;
  using kernels::Precision;
  for (const Case& c :
       {Case{Kind::adamw, Precision::f32, 1e-5, 2e-5, 1e-3}, Case{Kind::muon, Precision::f32, 1e-5, 2e-5, 1e-3},
        Case{Kind::muon, Precision::bf16, 1e-2, 3e-2, 1e-1}}) {
    const Model::LossOptions options{.scale = 0.02F, .dropout = 0.1, .dropout_seed = 7, .precision = c.precision};
    OptimizerSettings settings;
    settings.kind = c.kind;
    Model whole(config, 1);
    Optimizer optimizer(whole.parameters(), settings);
    std::vector<double> losses, norms;
    std::vector<Tensor> gradients;
    for (int step = 0; step < 3; ++step) {
      losses.push_back(whole.loss(batch.view(), options));
      for (Parameter* each : whole.parameters()) {
        if (step == 0) gradients.push_back(each->gradient.clone());
      }
      norms.push_back(optimizer.step(1, 1));
    }
    const double held_out = whole.loss(batch.view(), {.training = false});
    on_grid(
        2, 2,
        [&](RankGrid& grid) {
          RankSlices slices(grid.tensor());
          Model model(config, 1, &slices);
          model.to(cuda_device);
          Optimizer own(model.parameters(), model.slices(), settings, grid);
          const int rank = grid.tensor().rank();
          for (size_t step = 0; step < losses.size(); ++step) {
            EXPECT_NEAR(model.loss(batch.view(), options) / losses[step], 1, c.loss) << step;
            for (size_t i = 0; step == 0 && i < gradients.size(); ++i)
              expect_close(model.parameters()[i]->gradient, slice_of(gradients[i], model.slices()[i], rank), c.gradient,
                           "gradient of " + model.parameters()[i]->name);
            const double squares = own.squares();
            const auto all = grid.world().gather({&squares, 1});
            ASSERT_TRUE(all.ok());
            const double norm = std::sqrt((*all)[0] + (*all)[1]);
            EXPECT_NEAR(norm / norms[step], 1, 2 * c.loss) << step;
            ASSERT_TRUE(own.apply(norm, 1, 1).ok());
            model.weights_changed();
            own.drop_gradients();
          }
          EXPECT_NEAR(model.loss(batch.view(), {.training = false}) / held_out, 1, c.loss);
          std::vector<double> common;
          for (size_t i = 0; i < model.slices().size(); ++i) {
            const Tensor value = model.parameters()[i]->value.to(cpu_device);
            expect_close(value, slice_of(whole.parameters()[i]->value, model.slices()[i], rank), c.weight,
                         model.parameters()[i]->name);
            if (model.slices()[i].common) common.insert(common.end(), value.span().begin(), value.span().end());
          }
          const auto theirs = grid.tensor().gather(common);
          ASSERT_TRUE(theirs.ok());
          EXPECT_TRUE(std::equal(common.begin(), common.end(),
                                 theirs->begin() + (1 - rank) * static_cast<int64_t>(common.size())));
        },
        cuda_device);
  }
}

TEST_F(TensorParallel, WhatCannotBeSlicedIsRefused) {
  ModelConfig config = small();
  EXPECT_TRUE(check_slices(config, 4).ok());
  EXPECT_NE(check_slices(config, 8).error().message.find("model.kv_heads = 4"), std::string::npos);
  config.hidden = 42;
  EXPECT_NE(check_slices(config, 4).error().message.find("hidden = 42"), std::string::npos);
  const auto three = thread_ranks(3);
  EXPECT_NE(RankGrid::check(*three[0], 2).error().message.find("does not divide the 3 ranks"), std::string::npos);
  EXPECT_NE(RankGrid::check(*Ranks::alone(), 2).error().message.find("mpirun -n 2"), std::string::npos);
}

}  // namespace
}  // namespace persea
