#include "nn/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "base/threads.h"
#include "nn/model_for_test.h"
#include "nn/optimizer.h"
#include "tensor/cuda.h"
#include "tensor/half.h"

namespace persea {
namespace {

TEST(Model, LossIsThatOfItsLogits) {
  for (double cap : {0.0, 2.0}) {
    ModelConfig config = tiny();
    config.logit_soft_cap = cap;
    Model model(config, 1);
    const Batch batch(2, 9, config.vocab, 4);
    const Tensor logits = model.logits(batch.view());
    double expected = 0;
    for (int64_t i = 0; i < 18; ++i) {
      if (batch.targets[i] < 0) continue;
      double total = 0;
      for (int64_t v = 0; v < config.vocab; ++v) total += std::exp(double(logits.data()[i * config.vocab + v]));
      expected += std::log(total) - logits.data()[i * config.vocab + batch.targets[i]];
    }
    EXPECT_NEAR(model.loss(batch.view(), {.training = false}), expected, 1e-3);
    EXPECT_NEAR(model.loss(batch.view(), {.training = true, .scale = 0.25f}), expected, 1e-3);
    double sum = 0;
    for (float loss : model.token_losses(batch.view())) sum += loss;
    EXPECT_NEAR(sum, expected, 1e-3);
  }
}

// The whole graph's gradient along a random direction, against a central difference.
TEST(Model, GradientsOfAllVariantsMatchDifferences) {
  struct Variant {
    const char* name;
    void (*change)(ModelConfig&);
  };
  for (const Variant& variant :
       {Variant{"plain", [](ModelConfig&) {}}, Variant{"untied", [](ModelConfig& c) { c.tied = false; }},
        Variant{"qk_norm", [](ModelConfig& c) { c.qk_norm = true; }},
        Variant{"biases", [](ModelConfig& c) { c.qkv_bias = true; }},
        Variant{"window", [](ModelConfig& c) { c.window = 3; }},
        Variant{"relu_squared", [](ModelConfig& c) { c.activation = Activation::relu_squared; }}}) {
    ModelConfig config = tiny();
    variant.change(config);
    Model model(config, 1);
    const Batch batch(2, 12, config.vocab, 4);
    for (Parameter* p : model.parameters())  // larger weights than at the start: every part of the graph matters
      if (p->decay)
        for (float& w : p->value.span()) w *= 8;
    model.loss(batch.view(), {});
    Random random(5);
    for (Parameter* p : model.parameters()) {
      std::vector<float> direction(p->value.count());
      double slope = 0;
      for (int64_t i = 0; i < p->value.count(); ++i) {
        direction[i] = static_cast<float>(random.normal());
        slope += double(direction[i]) * p->gradient.data()[i];
      }
      const Tensor kept = p->value.clone();
      const float step = 1e-3f;
      double loss[2];
      for (int side : {0, 1}) {
        for (int64_t i = 0; i < p->value.count(); ++i)
          p->value.data()[i] = kept.data()[i] + (side ? step : -step) * direction[i];
        loss[side] = model.loss(batch.view(), {.training = false});
      }
      std::memcpy(p->value.data(), kept.data(), kept.bytes());
      EXPECT_NEAR((loss[1] - loss[0]) / (2 * step), slope, 0.03 * std::fabs(slope) + 0.1)
          << variant.name << ", " << p->name;
    }
  }
}

TEST(Model, MicroBatchesAddUpToTheWholeBatch) {
  Model model(tiny(), 1);
  const Batch batch(4, 8, 29, 4);
  const double whole = model.loss(batch.view(), {});
  std::vector<Tensor> gradients;
  for (Parameter* p : model.parameters()) {
    gradients.push_back(p->gradient.clone());
    p->fresh = true;
  }
  EXPECT_NEAR(model.loss(batch.view(0, 1), {}) + model.loss(batch.view(1, 4), {}), whole, 1e-4);
  for (size_t i = 0; i < gradients.size(); ++i)
    for (int64_t e = 0; e < gradients[i].count(); ++e)
      EXPECT_NEAR(model.parameters()[i]->gradient.data()[e], gradients[i].data()[e], 2e-5);
}

TEST(Model, PartsOfABatchAreDroppedAsInTheWhole) {
  Model model(tiny(), 1), parts(tiny(), 1);
  const Batch batch(4, 8, 29, 4);
  const Model::LossOptions whole{.dropout = 0.3, .dropout_seed = 5};
  Model::LossOptions later = whole;
  later.dropout_row = 1;
  const double sum = model.loss(batch.view(), whole);
  EXPECT_NEAR(parts.loss(batch.view(0, 1), whole) + parts.loss(batch.view(1, 4), later), sum, 1e-4);
  for (Parameter* parameter : model.parameters()) {
    const Tensor &a = parameter->gradient, &b = parts.parameter(parameter->name).gradient;
    for (int64_t i = 0; i < a.count(); ++i) ASSERT_NEAR(a.data()[i], b.data()[i], 1e-4) << parameter->name;
  }
  EXPECT_GT(std::fabs(parts.loss(batch.view(1, 4), whole) + parts.loss(batch.view(0, 1), whole) - sum), 1e-3);
}

TEST(Model, EachGradientIsAnnouncedOnceItIsWhole) {
  for (const bool tied : {true, false}) {
    ModelConfig config = tiny();
    config.tied = tied;
    Model model(config, 1), told(config, 1);
    const Batch batch(2, 12, config.vocab, 4);
    model.loss(batch.view(), {});
    std::vector<std::string> names;
    Model::LossOptions options;
    options.gradient_done = [&](Parameter& parameter) {
      names.push_back(parameter.name);
      const Tensor& expected = model.parameter(parameter.name).gradient;
      EXPECT_EQ(std::memcmp(parameter.gradient.data(), expected.data(), static_cast<size_t>(expected.bytes())), 0)
          << parameter.name;
      std::memset(parameter.gradient.data(), 0xff, static_cast<size_t>(expected.bytes()));  // nobody needs it any more
    };
    told.loss(batch.view(), options);
    EXPECT_EQ(names.size(), model.parameters().size());
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
    EXPECT_EQ(names.front(), tied ? "norm" : "head");
    EXPECT_EQ(names.back(), "embedding");
    const Tensor& last = told.parameter("embedding").gradient;
    EXPECT_TRUE(std::all_of(last.data(), last.data() + last.count(), [](float x) { return std::isnan(x); }));
  }
}

// On the CPU, and on a GPU in both types of storage.
TEST(Model, RecomputedLayersHaveTheSameBits) {
  std::vector<std::pair<Device, kernels::Precision>> places{{cpu_device, kernels::Precision::f32}};
  if (cuda::present())
    places.insert(places.end(), {{cuda_device, kernels::Precision::f32}, {cuda_device, kernels::Precision::bf16}});
  for (const auto& place : places) {
    for (const int64_t recomputed : {1, 2}) {
      ModelConfig config = tiny();
      config.qk_norm = config.qkv_bias = true;
      Model whole(config, 1), parts(config, 1);
      whole.to(place.first), parts.to(place.first);
      Optimizer whole_optimizer(whole.parameters(), {}), parts_optimizer(parts.parameters(), {});
      std::vector<std::string> order, told;
      for (int step = 0; step < 3; ++step) {
        const Batch batch(2, 21, config.vocab, static_cast<uint64_t>(step));
        Model::LossOptions options{.scale = 0.02f, .dropout = 0.1, .dropout_seed = 7, .precision = place.second};
        options.gradient_done = [&](Parameter& parameter) { order.push_back(parameter.name); };
        const double expected = whole.loss(batch.view(), options);
        options.recomputed = recomputed;
        options.gradient_done = [&](Parameter& parameter) { told.push_back(parameter.name); };
        ASSERT_EQ(parts.loss(batch.view(), options), expected) << recomputed;
        whole_optimizer.step(1, 1);
        parts_optimizer.step(1, 1);
      }
      EXPECT_EQ(told, order);
      EXPECT_EQ(told.size(), 3 * whole.parameters().size());
      whole.to(cpu_device), parts.to(cpu_device);
      for (size_t i = 0; i < whole.parameters().size(); ++i) {
        const Tensor &expected = whole.parameters()[i]->value, &found = parts.parameters()[i]->value;
        EXPECT_EQ(std::memcmp(found.raw(), expected.raw(), static_cast<size_t>(expected.bytes())), 0)
            << recomputed << ", " << whole.parameters()[i]->name;
      }
    }
  }
}

TEST(Model, StepsHaveTheSameBitsOnAnyThreads) {
  std::vector<std::vector<float>> weights;
  for (int threads : {1, 2, 3}) {
    set_threads(threads);
    Model model(tiny(), 1);
    Optimizer optimizer(model.parameters(), {});
    const Batch batch(4, 16, 29, 4);
    for (int i = 0; i < 3; ++i) {
      model.loss(batch.view(), {.dropout = 0.1, .dropout_seed = 3});
      optimizer.step(1, 1);
    }
    std::vector<float> all;
    for (Parameter* p : model.parameters()) all.insert(all.end(), p->value.data(), p->value.data() + p->value.count());
    weights.push_back(all);
  }
  set_threads(1);
  EXPECT_EQ(weights[0], weights[1]);
  EXPECT_EQ(weights[0], weights[2]);
}

TEST(Model, DocumentsInARowDoNotSeeEachOther) {
  Model model(tiny(), 1);
  Batch packed(1, 12, 29, 4);
  for (int i = 5; i < 12; ++i) {
    packed.positions[i] = i - 5;
    packed.starts[i] = 5;
  }
  const std::vector<float> together = model.token_losses(packed.view());
  Batch alone(1, 7, 29, 4);
  for (int i = 0; i < 7; ++i) {
    alone.tokens[i] = packed.tokens[5 + i];
    alone.targets[i] = packed.targets[5 + i];
  }
  const std::vector<float> separate = model.token_losses(alone.view());
  for (int i = 0; i < 7; ++i) EXPECT_NEAR(together[5 + i], separate[i], 1e-5);
}

TEST(Model, LlamaFourIsOnlyRun) {
  ModelConfig config = tiny();
  config.llama4.emplace().experts = 3, config.llama4->expert_hidden = 8;
  config.llama4->mixed.assign(static_cast<size_t>(config.layers), true);
  config.llama4->turned = config.llama4->mixed;
  Model model(config, 1);
  EXPECT_EQ(model.parameter("layers.0.expert_up").value.shape(), (Shape{48, config.dim}));
  EXPECT_THROW(model.loss(Batch(1, 4, 29, 4).view(), {}), std::logic_error);
  int64_t count = 0;
  for (const Parameter* parameter : model.parameters()) count += parameter->value.count();
  EXPECT_EQ(count, config.parameters());
}

TEST(Model, WhatNoModelCanHaveIsRefused) {
  ModelConfig config = tiny();
  config.kv_heads = 3;
  EXPECT_THROW(Model(config, 1), std::logic_error);
  Model model(tiny(), 1);
  Batch batch(1, 4, 29, 4);
  batch.tokens[2] = 29;
  EXPECT_THROW(model.loss(batch.view(), {}), std::logic_error);
}

double distance(const Tensor& expected, const Tensor& actual) {
  const Tensor here = actual.to(cpu_device);
  double error = 0, norm = 0;
  for (int64_t i = 0; i < expected.count(); ++i) {
    const double e = double(expected.data()[i]), d = double(here.data()[i]) - e;
    error += d * d, norm += e * e;
  }
  return std::sqrt(error / (norm + 1e-30));
}

// The same model, batches and optimizer on the CPU and on a GPU, some steps long.
TEST(Model, LearnsTheSameOnAGpu) {
  if (!cuda::present()) GTEST_SKIP() << "no GPU here";
  for (const auto kind : {OptimizerSettings::Kind::adamw, OptimizerSettings::Kind::muon}) {
    ModelConfig config = tiny();
    config.qk_norm = config.qkv_bias = true;
    config.window = 9;
    config.logit_soft_cap = 20;
    Model here(config, 1), there(config, 1);
    there.to(cuda_device);
    OptimizerSettings settings;
    settings.kind = kind;
    Optimizer here_optimizer(here.parameters(), settings), there_optimizer(there.parameters(), settings);
    for (int step = 0; step < 3; ++step) {
      for (uint64_t micro = 0; micro < 2; ++micro) {  // gradients add up
        const Batch batch(2, 21, config.vocab, 10 * static_cast<uint64_t>(step) + micro);
        const Model::LossOptions options{.scale = 0.02f, .dropout = 0.1, .dropout_seed = 7};
        const double expected = here.loss(batch.view(), options), actual = there.loss(batch.view(), options);
        EXPECT_NEAR(actual / expected, 1, 1e-5) << step;
      }
      if (step == 0) {
        for (size_t i = 0; i < here.parameters().size(); ++i) {
          EXPECT_LT(distance(here.parameters()[i]->gradient, there.parameters()[i]->gradient), 2e-5)
              << here.parameters()[i]->name;
        }
      }
      const double expected = here_optimizer.step(1, 1), actual = there_optimizer.step(1, 1);
      EXPECT_NEAR(actual / expected, 1, 1e-4) << step;
    }
    const Batch batch(1, 21, config.vocab, 99);
    EXPECT_LT(distance(here.logits(batch.view()), there.logits(batch.view())), 1e-3);
    there.to(cpu_device);
    for (size_t i = 0; i < here.parameters().size(); ++i)
      EXPECT_LT(distance(here.parameters()[i]->value, there.parameters()[i]->value), 1e-3)
          << here.parameters()[i]->name;
  }
}

// In bf16 or fp8, with activations in bf16 on the GPU: near the CPU's, whose activations are f32; the copies of the
// weights are their roundings after every step. fp8 turns differences of bf16's size into steps of its own.
class ModelPrecision : public testing::TestWithParam<kernels::Precision> {};
TEST_P(ModelPrecision, LearnsTheSameOnAGpu) {
  if (!cuda::present()) GTEST_SKIP() << "no GPU here";
  const double near = GetParam() == kernels::Precision::fp8 ? 2e-1 : 3e-2;
  for (const auto kind : {OptimizerSettings::Kind::adamw, OptimizerSettings::Kind::muon}) {
    ModelConfig config = tiny();
    config.qk_norm = config.qkv_bias = true;
    Model here(config, 1), there(config, 1);
    there.to(cuda_device);
    OptimizerSettings settings;
    settings.kind = kind;
    Optimizer here_optimizer(here.parameters(), settings), there_optimizer(there.parameters(), settings);
    for (int step = 0; step < 3; ++step) {
      const Batch batch(2, 21, config.vocab, static_cast<uint64_t>(step));
      const Model::LossOptions options{.scale = 0.02f, .dropout = 0.1, .dropout_seed = 7, .precision = GetParam()};
      const double expected = here.loss(batch.view(), options), actual = there.loss(batch.view(), options);
      EXPECT_NEAR(actual / expected, 1, 1e-2) << step;
      for (size_t i = 0; step == 0 && i < here.parameters().size(); ++i) {
        EXPECT_EQ(there.parameters()[i]->gradient.dtype(), DType::f32);
        EXPECT_LT(distance(here.parameters()[i]->gradient, there.parameters()[i]->gradient), near)
            << here.parameters()[i]->name;
      }
      EXPECT_NEAR(there_optimizer.step(1, 1) / here_optimizer.step(1, 1), 1, 2e-2) << step;
      for (const Parameter* parameter : there.parameters()) {
        if (!parameter->rounded.defined()) continue;
        const Tensor value = parameter->value.to(cpu_device), copy = parameter->rounded.to(cpu_device);
        int64_t wrong = 0;
        for (int64_t i = 0; i < value.count(); ++i) wrong += copy.data<Bf16>()[i].bits != to_bf16(value.data()[i]);
        EXPECT_EQ(wrong, 0) << parameter->name;
      }
    }
    EXPECT_TRUE(there.embedding().rounded.defined());
    there.weights_changed();
    EXPECT_FALSE(there.embedding().rounded.defined());
  }
}
INSTANTIATE_TEST_SUITE_P(Rounded, ModelPrecision, testing::Values(kernels::Precision::bf16, kernels::Precision::fp8),
                         [](const auto& tested) { return kernels::precision_name(tested.param); });

// Passes that are replayed leave the bits of those that are asked for kernel by kernel, between passes of other sizes
// and validations, whatever the scale.
TEST(Model, ReplaysPassesOnAGpu) {
  if (!cuda::present()) GTEST_SKIP() << "no GPU here";
  for (const auto precision : {kernels::Precision::f32, kernels::Precision::bf16}) {
    ModelConfig config = tiny();
    config.layers = 1;
    config.qk_norm = true;
    Model replayed(config, 1), asked(config, 1);
    replayed.to(cuda_device);
    asked.to(cuda_device);
    Optimizer replayed_optimizer(replayed.parameters(), {}), asked_optimizer(asked.parameters(), {});
    for (int step = 0; step < 5; ++step) {
      const Batch held_out(3, 9, config.vocab, 99);
      EXPECT_EQ(replayed.loss(held_out.view(), {.training = false}), asked.loss(held_out.view(), {.training = false}));
      for (const int64_t sequences : {2, 2, 1}) {
        const Batch batch(sequences, 7, config.vocab, static_cast<uint64_t>(10 * step));
        Model::LossOptions options{.scale = 0.02f * static_cast<float>(step + 1), .precision = precision};
        const double loss = replayed.loss(batch.view(), options);
        options.gradient_done = [](Parameter&) {};  // passes that somebody listens to are not recorded
        EXPECT_EQ(loss, asked.loss(batch.view(), options)) << step;
      }
      EXPECT_EQ(replayed_optimizer.step(1, 1), asked_optimizer.step(1, 1)) << step;
    }
    EXPECT_EQ(replayed.recorded_passes(), 3);  // the first of a step, which writes gradients, and the two that add
    EXPECT_EQ(asked.recorded_passes(), 0);
  }
}

// Ids that would be read from beyond a table are refused before they reach a device.
TEST(Model, RefusesIdsBeyondItsTables) {
  ModelConfig config = tiny();
  Model model(config, 1);
  for (int which = 0; which < 4; ++which) {
    Batch batch(1, 5, config.vocab, 1);
    (which == 0 ? batch.tokens : which == 1 ? batch.targets : which == 2 ? batch.positions : batch.starts)[3] = 29;
    EXPECT_THROW((void)model.loss(batch.view(), {}), std::logic_error) << which;
  }
}

}  // namespace
}  // namespace persea
