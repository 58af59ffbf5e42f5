#include "nn/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "autograd/ops/shapes.h"
#include "base/random.h"
#include "base/threads.h"

namespace persea {
namespace {

Parameter with_gradient(const std::string& name, Shape shape, uint64_t seed) {
  Random random(seed, name);
  return {name, random_tensor(random, shape), random_tensor(random, shape), false, shape.size() == 2};
}

TEST(Optimizer, AdamWFollowsItsFormula) {
  Parameter p = with_gradient("layers.0.o", {5, 7}, 1);
  const Tensor before = p.value.clone(), gradient = p.gradient.clone();
  OptimizerSettings settings;
  settings.lr = 0.01;
  Optimizer optimizer({&p}, settings);
  const double norm = optimizer.step(0.5, 0);
  double squares = 0;
  for (int64_t i = 0; i < p.value.count(); ++i) {
    const double g = gradient.data()[i], w = before.data()[i];
    squares += g * g;
    // After one step both corrected moments are those of g alone.
    const double expected = w - 0.005 * (g / (std::sqrt(g * g) + settings.eps) + settings.weight_decay * w);
    EXPECT_NEAR(p.value.data()[i], expected, 1e-6);
  }
  EXPECT_NEAR(norm, std::sqrt(squares), 1e-5);
  EXPECT_TRUE(p.fresh);
}

TEST(Optimizer, ClipsToTheGlobalNorm) {
  Parameter a = with_gradient("a", {3, 3}, 1), b = with_gradient("a", {3, 3}, 1);
  OptimizerSettings settings;
  settings.beta1 = settings.beta2 = 0;
  settings.lr = 100;
  settings.eps = 1e3;  // so large that the step is proportional to the gradient
  settings.weight_decay = 0;
  const Tensor before = a.value.clone();
  Optimizer clipped({&a}, settings), free({&b}, settings);
  const double norm = clipped.step(1, 0.5);
  EXPECT_EQ(free.step(1, 0), norm);
  for (int64_t i = 0; i < a.value.count(); ++i)
    EXPECT_NEAR((a.value.data()[i] - before.data()[i]) / (b.value.data()[i] - before.data()[i]), 0.5 / norm, 0.02);
}

TEST(Optimizer, AGradientThatIsNoNumberMovesNothing) {
  for (auto kind : {OptimizerSettings::Kind::adamw, OptimizerSettings::Kind::muon}) {
    Parameter p = with_gradient("layers.0.o", {4, 4}, 1);
    p.gradient.data()[5] = NAN;
    const Tensor before = p.value.clone();
    OptimizerSettings settings;
    settings.kind = kind;
    Optimizer optimizer({&p}, settings);
    EXPECT_FALSE(std::isfinite(optimizer.step(1, 1)));
    EXPECT_EQ(optimizer.steps(), 0);
    for (int64_t i = 0; i < 16; ++i) EXPECT_EQ(p.value.data()[i], before.data()[i]);
  }
}

TEST(Optimizer, OrthogonalizedRowsAreNearlyOrthonormal) {
  Random random(3);
  using kernels::Precision;
  for (const auto& [shape, precision] : {std::pair(Shape{24, 24}, Precision::f32),
                                         {Shape{16, 40}, Precision::f32},
                                         {Shape{40, 16}, Precision::f32},
                                         {Shape{24, 40}, Precision::bf16}}) {
    const Tensor x = orthogonalize(random_tensor(random, shape), precision);
    const bool tall = shape[0] > shape[1];
    const int64_t n = std::min(shape[0], shape[1]), depth = std::max(shape[0], shape[1]);
    double off = 0;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double dot = 0;
        for (int64_t k = 0; k < depth; ++k)
          dot += double(x.data()[tall ? k * n + i : i * depth + k]) * x.data()[tall ? k * n + j : j * depth + k];
        if (i == j) {
          EXPECT_GT(dot, 0.3);
          EXPECT_LT(dot, 1.7);
        } else {
          off = std::max(off, std::fabs(dot));
        }
      }
    EXPECT_LT(off, 0.5) << shape_string(shape);
  }
}

TEST(Optimizer, MuonHasTheSameBitsOnAnyThreads) {
  std::vector<Tensor> results;
  for (int threads : {1, 3}) {
    set_threads(threads);
    Parameter a = with_gradient("layers.0.qkv", {96, 32}, 1), b = with_gradient("embedding", {50, 32}, 2);
    OptimizerSettings settings;
    settings.kind = OptimizerSettings::Kind::muon;
    Optimizer optimizer({&a, &b}, settings);
    optimizer.step(1, 1);
    results.push_back(a.value);
    results.push_back(b.value);
  }
  set_threads(1);
  for (int i : {0, 1}) EXPECT_EQ(std::memcmp(results[i].data(), results[i + 2].data(), results[i].bytes()), 0);
}

}  // namespace
}  // namespace persea
