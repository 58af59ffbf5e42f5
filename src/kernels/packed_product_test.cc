// Packed weights and their products on every instruction set that this machine has, against plain loops.
#include "kernels/packed_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "base/random.h"
#include "base/threads.h"
#include "kernels/launch.h"
#include "kernels/targets_for_test.h"
#include "tensor/cuda.h"
#include "tensor/half.h"
#include "tensor/tensor.h"

namespace persea::kernels {
namespace {

constexpr WeightType kTypes[] = {WeightType::f32, WeightType::f16, WeightType::bf16, WeightType::q8, WeightType::q4};

// Weights of any bits that a file may hold (scales and numbers of sensible size), as rows and packed.
struct Sample {
  PackedWeights packed;
  Tensor storage;
  std::vector<std::byte> rows;

  Sample(WeightType type, int64_t n, int64_t k, Random& random) : packed{type, n, k, nullptr} {
    storage = Tensor::zeros({packed.bytes() / 4 + 1});
    packed.data = storage.raw();
    rows.resize(static_cast<size_t>(n * row_bytes(type, k)));
    const auto put = [&](size_t at, auto value) { std::memcpy(rows.data() + at, &value, sizeof value); };
    const size_t unit = type == WeightType::q8 ? 34 : type == WeightType::q4 ? 18 : type == WeightType::f32 ? 4 : 2;
    for (size_t at = 0; at < rows.size(); at += unit) {
      const auto value = static_cast<float>(random.normal());
      if (type == WeightType::f32) put(at, value);
      if (type == WeightType::bf16) put(at, to_bf16(value));
      if (unit == 4 || type == WeightType::bf16) continue;
      put(at, to_half(unit == 2 ? value : value / 64));
      for (size_t i = 2; i < unit; ++i) rows[at + i] = static_cast<std::byte>(random.below(256));
    }
    packed.pack(0, n, rows.data());
  }
};

// What GGUF says that a row holds.
std::vector<float> row_of(const Sample& sample, int64_t row) {
  const auto& [type, n, k, data] = sample.packed;
  const std::byte* at = sample.rows.data() + row * row_bytes(type, k);
  const auto bits = [](const std::byte* from) {
    uint16_t value;
    std::memcpy(&value, from, 2);
    return value;
  };
  std::vector<float> out;
  while (static_cast<int64_t>(out.size()) < k) {
    if (type == WeightType::f32) {
      float value;
      std::memcpy(&value, at, 4);
      out.push_back(value), at += 4;
    } else if (type == WeightType::f16 || type == WeightType::bf16) {
      out.push_back(type == WeightType::f16 ? from_half(bits(at)) : from_bf16(bits(at))), at += 2;
    } else {
      const float scale = from_half(bits(at));
      at += 2;
      for (int i = 0; i < 32; ++i) {
        const int level = type == WeightType::q8 ? static_cast<int8_t>(at[i])
                                                 : (std::to_integer<int>(at[i % 16]) >> (i / 16 * 4) & 15) - 8;
        out.push_back(scale * static_cast<float>(level));
      }
      at += type == WeightType::q8 ? 32 : 16;
    }
  }
  return out;
}

// x as the product sees it: for quantized weights in groups of 128 bytes.
std::vector<double> seen(WeightType type, const float* x, int64_t k) {
  std::vector<double> out(x, x + k);
  if (type != WeightType::q8 && type != WeightType::q4) return out;
  for (int64_t b = 0; b < k; b += 128) {
    const int64_t end = std::min(k, b + 128);
    float top = 0;
    for (int64_t i = b; i < end; ++i) top = std::max(top, std::abs(x[i]));
    for (int64_t i = b; i < end; ++i) out[i] = top == 0 ? 0 : std::nearbyint(x[i] * (127 / top)) * (top / 127);
  }
  return out;
}

TEST(PackedWeights, RowsComeBack) {
  Random random(1);
  for (const WeightType type : kTypes)
    for (const auto& [n, k] : std::vector<std::array<int64_t, 2>>{{1, 32}, {31, 64}, {32, 96}, {70, 160}}) {
      const Sample sample(type, n, k, random);
      for (int64_t r = 0; r < n; ++r) {
        std::vector<float> row(static_cast<size_t>(k));
        sample.packed.unpack(r, row.data());
        ASSERT_EQ(row, row_of(sample, r)) << "type " << static_cast<int>(type) << ", row " << r << " of " << n;
      }
    }
}

TEST(PackedProduct, AgreesWithPlainLoops) {
  on_all_targets([] {
    Random random(2);
    for (const WeightType type : kTypes)
      for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{
               {1, 1, 32}, {1, 100, 288}, {2, 33, 64}, {5, 40, 96}, {7, 64, 128}, {13, 300, 256}, {8, 50, 416}}) {
        const Sample sample(type, n, k, random);
        std::vector<float> x(static_cast<size_t>(m * k)), y(static_cast<size_t>(m * n));
        for (float& value : x) value = static_cast<float>(random.normal());
        std::fill(x.end() - k + (k - 1) / 128 * 128, x.end(), 0.0F);  // the last row's last group
        for (float& value : y) value = static_cast<float>(random.normal());
        for (const bool accumulate : {false, true}) {
          const std::vector<float> before = y;
          PackedProduct::cpu({sample.packed, m, x.data(), y.data(), accumulate});
          for (int64_t c = 0; c < n; ++c) {
            const std::vector<float> w = row_of(sample, c);
            for (int64_t r = 0; r < m; ++r) {
              const std::vector<double> row = seen(type, x.data() + r * k, k);
              double sum = accumulate ? before[static_cast<size_t>(r * n + c)] : 0, size = std::abs(sum);
              for (int64_t i = 0; i < k; ++i) sum += row[i] * w[i], size += std::abs(row[i] * w[i]);
              // A number half way between two levels may go either way: one level of one block's scale.
              ASSERT_NEAR(y[static_cast<size_t>(r * n + c)], sum, 3e-6 * size + 1e-6)
                  << "type " << static_cast<int>(type) << ": " << m << " " << n << " " << k << " at " << r << " " << c;
            }
          }
        }
      }
  });
}

TEST(PackedProduct, ARowHasTheSameBitsInAnyBatchOnAnyNumberOfThreads) {
  on_all_targets([] {
    Random random(3);
    for (const WeightType type : kTypes) {
      const int64_t n = 1000, k = 320, m = 29;
      const Sample sample(type, n, k, random);
      std::vector<float> x(m * k), all(m * n), some(m * n);
      for (float& value : x) value = static_cast<float>(random.normal());
      PackedProduct::cpu({sample.packed, m, x.data(), all.data()});
      const int before = pool().threads();
      set_threads(before == 1 ? 3 : 1);
      for (int64_t row = 0; row < m;) {
        const int64_t rows = std::min<int64_t>(m - row, 1 + static_cast<int64_t>(random.below(9)));
        PackedProduct::cpu({sample.packed, rows, x.data() + row * k, some.data() + row * n});
        row += rows;
      }
      set_threads(before);
      ASSERT_EQ(std::memcmp(all.data(), some.data(), all.size() * sizeof(float)), 0)
          << "type " << static_cast<int>(type);
    }
  });
}

// Panels and rows of x in several blocks. x is of numbers that bf16 holds, so that nothing of it is rounded.
TEST(PackedProduct, AgreesOnAGpu) {
  if (!cuda::present()) GTEST_SKIP() << "no GPU here";
  Random random(4);
  for (const WeightType type : kTypes)
    for (const int64_t m : {3, 12, 40}) {
      const int64_t n = 70, k = 96;
      const Sample sample(type, n, k, random);
      const Tensor x({m, k}), weights = sample.storage.to(cuda_device), y({m, n}, DType::f32, cuda_device);
      for (float& value : x.span()) value = from_bf16(to_bf16(static_cast<float>(random.normal())));
      const Tensor there = x.to(cuda_device);
      RoundedRows rows{m, k, RoundedProduct::parts_for(type), nullptr};
      const Tensor rounded({rows.count()}, DType::bf16, cuda_device);
      rows.data = rounded.data<Bf16>();
      launch(RoundRows{RoundRows::Form::plain, there.data(), rows}, cuda_device);
      launch(RoundedProduct{{type, n, k, weights.raw()}, rows, y.data()}, cuda_device);
      const Tensor here = y.to(cpu_device);
      for (int64_t c = 0; c < n; ++c) {
        const std::vector<float> w = row_of(sample, c);
        for (int64_t r = 0; r < m; ++r) {
          double sum = 0, size = 0;
          for (int64_t i = 0; i < k; ++i) {
            const double product = double(x.data()[r * k + i]) * w[static_cast<size_t>(i)];
            sum += product, size += std::abs(product);
          }
          ASSERT_NEAR(here.data()[r * n + c], sum, 3e-6 * size + 1e-6)
              << "type " << static_cast<int>(type) << ": " << m << " rows, at " << r << " " << c;
        }
      }
    }
}

}  // namespace
}  // namespace persea::kernels
