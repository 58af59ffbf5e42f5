// Kernels that no op covers, on a GPU against the CPU. Skipped where there is none.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/columns.h"
#include "kernels/device_choice.h"
#include "kernels/devices_for_test.h"
#include "kernels/gemm.h"
#include "kernels/launch.h"
#include "kernels/optimizer.h"
#include "kernels/peak.h"
#include "kernels/round.h"
#include "kernels/rows.h"
#include "tensor/half.h"

namespace persea::kernels {
namespace {

TEST(DeviceChoice, SaysWhyThereIsNoGpu) {
  EXPECT_EQ(device_from("cpu").value(), cpu_device);
  EXPECT_TRUE(device_from("auto"));
  EXPECT_EQ(device_from("auto").value() == cuda_device, cuda::present());
  EXPECT_EQ(bool(device_from("cuda")), cuda::present());
  EXPECT_FALSE(device_from("tpu"));
  EXPECT_FALSE(device_choice_from("auto")->insists);
  EXPECT_TRUE(device_choice_from("cpu")->insists);
  EXPECT_FALSE(device_choice_from("tpu"));
}

TEST(Round, TakesTheNearestOrDraws) {
  Random random(5);
  const Tensor x = normal_tensor({4096}, random), nearest({4096}, DType::bf16), drawn({4096}, DType::bf16);
  launch(Round{4096, x.data(), nearest.data<Bf16>()}, cpu_device);
  launch(Round{4096, x.data(), drawn.data<Bf16>(), true, 9}, cpu_device);
  double sum = 0;
  for (int64_t i = 0; i < 4096; ++i) {
    const float value = x.data()[i], a = from_bf16(nearest.data<Bf16>()[i].bits),
                b = from_bf16(drawn.data<Bf16>()[i].bits);
    EXPECT_EQ(nearest.data<Bf16>()[i].bits, to_bf16(value));
    EXPECT_LE(std::abs(b - value), std::abs(value) / 128);
    EXPECT_LE(std::abs(a - value), std::abs(b - value) + 1e-7f);
    sum += double(b - value) / std::abs(double(value));
  }
  EXPECT_LT(std::abs(sum / 4096), 2e-4);  // up and down even out
  EXPECT_EQ(Round::element(INFINITY, true, 1, 2), 0x7f80);
  EXPECT_EQ(Round::element(NAN, false, 1, 2) & 0x7fc0, 0x7fc0);
}

TEST_F(OnAGpu, RoundsToTheSameBits) {
  Random random(6);
  const Tensor x = normal_tensor({1000}, random), there = x.to(cuda_device);
  for (const bool stochastic : {false, true}) {
    const Tensor expected({1000}, DType::bf16), actual({1000}, DType::bf16, cuda_device);
    launch(Round{1000, x.data(), expected.data<Bf16>(), stochastic, 3}, cpu_device);
    launch(Round{1000, there.data(), actual.data<Bf16>(), stochastic, 3}, cuda_device);
    EXPECT_EQ(std::memcmp(expected.raw(), actual.to(cpu_device).raw(), 2000), 0);
  }
}

TEST_F(OnAGpu, CopiesAndZeros) {
  Random random(7);
  const Tensor x = normal_tensor({3, 5}, random), there = x.to(cuda_device);
  EXPECT_EQ(there.device(), cuda_device);
  EXPECT_THROW((void)there.span(), std::logic_error);
  const Tensor twin = there.clone(), back = there.slice(1, 2).to(cpu_device);
  there.zero();
  EXPECT_EQ(relative_error(x, twin), 0);
  EXPECT_EQ(std::memcmp(back.raw(), x.slice(1, 2).raw(), 20), 0);
  for (const float value : there.to(cpu_device).span()) EXPECT_EQ(value, 0);
}

TEST_F(OnAGpu, HasABandwidth) {
  const double found = launch(ReadBandwidth{0.01}, cuda_device);
  EXPECT_GT(found, 0);
  EXPECT_TRUE(std::isfinite(found));
  if (cuda::properties().processors >= 16)
    EXPECT_LT(found, 20e3);  // beyond any memory: what was read came from a cache
}

TEST_F(OnAGpu, ProductsOfAnyShape) {
  Random random(8);
  struct Case {
    int64_t m, n, k;
    bool transposed_a, transposed_b, accumulate, addend;
  };
  for (const Case& c : {Case{1, 1, 1, false, false, false, false}, Case{5, 3, 7, false, true, true, false},
                        Case{65, 130, 33, true, false, false, false}, Case{64, 64, 64, true, true, true, false},
                        Case{70, 66, 100, false, true, false, true}}) {
    const Tensor a = normal_tensor({c.m, c.k}, random), b = normal_tensor({c.k, c.n}, random);
    const Tensor before = normal_tensor({c.m, c.n}, random);
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const auto run = [&](Device device) {
        const Tensor x = a.to(device), y = b.to(device), start = before.to(device), out = before.clone().to(device);
        Gemm gemm{c.m,
                  c.n,
                  c.k,
                  c.transposed_a ? transposed(x.data(), c.m) : row_major(x.data(), c.k),
                  c.transposed_b ? transposed(y.data(), c.k) : row_major(y.data(), c.n),
                  out.data(),
                  c.n,
                  c.accumulate,
                  precision};
        if (c.addend) gemm.addend = start.data();
        launch(gemm, device);
        return out;
      };
      EXPECT_LT(relative_error(run(cpu_device), run(cuda_device)), precision == Precision::f32 ? 1e-6 : 5e-3)
          << c.m << " x " << c.n << " x " << c.k;
    }
  }
}

TEST_F(OnAGpu, OptimizerOverManyTensors) {
  Random random(9);
  std::vector<Tensor> here, there;
  for (int i = 0; i < 50; ++i) {  // more than one launch takes; one tensor is several blocks
    const int64_t count = i == 7 ? 70001 : 1 + static_cast<int64_t>(random.below(99));
    for (int part = 0; part < 4; ++part) {
      here.push_back(normal_tensor({count}, random));
      if (part == 3)
        for (float& v : here.back().span()) v *= v;
      there.push_back(here.back().clone().to(cuda_device));
    }
  }
  const auto run = [](const std::vector<Tensor>& all, Device device) {
    std::vector<SquaredNorm> norms;
    std::vector<AdamW> updates;
    for (size_t i = 0; i < all.size(); i += 4) {
      norms.push_back({all[i].count(), all[i].data()});
      updates.push_back({all[i].count(), all[i].data(), all[i + 1].data(), all[i + 2].data(), all[i + 3].data(), 0.5f,
                         1e-2f, 0.9f, 0.95f, 1e-8f, i % 8 == 0 ? 0.1f : 0.0f, 0.19f, 0.0975f});
    }
    const double squares = launch_all(std::span<const SquaredNorm>(norms), device);
    launch_all(std::span<const AdamW>(updates), device);
    return squares;
  };
  const double expected = run(here, cpu_device), actual = run(there, cuda_device);
  EXPECT_NEAR(actual / expected, 1, 1e-6);
  for (size_t i = 0; i < here.size(); ++i) EXPECT_LT(relative_error(here[i], there[i]), 1e-6) << i;
}

TEST_F(OnAGpu, TransposesAndSums) {
  Random random(10);
  const Tensor x = normal_tensor({7, 9}, random), there = x.to(cuda_device);
  const Tensor turned({9, 7}), turned_there({9, 7}, DType::f32, cuda_device), sum({1}),
      sum_there({1}, DType::f32, cuda_device), factor({1});
  factor.data()[0] = 2;
  const Tensor factor_there = factor.to(cuda_device);
  launch(Transpose{7, 9, x.data(), turned.data()}, cpu_device);
  launch(Transpose{7, 9, there.data(), turned_there.data()}, cuda_device);
  EXPECT_EQ(relative_error(turned, turned_there), 0);
  launch(Sum{63, x.data(), factor.data(), sum.data()}, cpu_device);
  launch(Sum{63, there.data(), factor_there.data(), sum_there.data()}, cuda_device);
  EXPECT_LT(relative_error(sum, sum_there), 1e-6);
  launch(ScaleBy{63, sum_there.data(), there.data()}, cuda_device);
  launch(ScaleBy{63, sum.data(), x.data()}, cpu_device);
  EXPECT_LT(relative_error(x, there), 1e-6);
}

}  // namespace
}  // namespace persea::kernels
