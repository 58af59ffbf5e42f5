// Packed weights and their products on every instruction set that this machine has, against plain loops.
#include "kernels/packed_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "base/random.h"
#include "base/threads.h"
#include "kernels/packed_for_test.h"
#include "kernels/targets_for_test.h"

namespace persea::kernels {
namespace {

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
  for (const WeightType type : kWeightTypes)
    for (const auto& [n, k] : std::vector<std::array<int64_t, 2>>{{1, 32}, {31, 64}, {32, 96}, {70, 160}}) {
      const PackedSample sample(type, n, k, random);
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
    for (const WeightType type : kWeightTypes)
      for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{
               {1, 1, 32}, {1, 100, 288}, {2, 33, 64}, {5, 40, 96}, {7, 64, 128}, {13, 300, 256}, {8, 50, 416}}) {
        const PackedSample sample(type, n, k, random);
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
    for (const WeightType type : kWeightTypes) {
      const int64_t n = 1000, k = 320, m = 29;
      const PackedSample sample(type, n, k, random);
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

}  // namespace
}  // namespace persea::kernels
