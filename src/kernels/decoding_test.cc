// The kernels of decoding on every instruction set that this machine has, against plain loops.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"
#include "kernels/cached_attention.h"
#include "kernels/gemv.h"
#include "kernels/targets_for_test.h"

namespace persea::kernels {
namespace {

std::vector<float> normal(size_t count, Random& random) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

TEST(Gemv, AgreesWithPlainLoops) {
  on_all_targets([] {
    Random random(1);
    for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{
             {1, 1, 1}, {1, 5, 7}, {2, 4, 33}, {3, 9, 64}, {12, 130, 100}, {1, 1000, 257}}) {
      for (const bool accumulate : {false, true}) {
        const auto x = normal(m * k, random), w = normal(n * k, random);
        auto y = normal(m * n, random);
        const auto before = y;
        Gemv::cpu({m, n, k, x.data(), w.data(), y.data(), accumulate});
        for (int64_t r = 0; r < m; ++r)
          for (int64_t c = 0; c < n; ++c) {
            double sum = accumulate ? before[r * n + c] : 0;
            for (int64_t i = 0; i < k; ++i) sum += static_cast<double>(x[r * k + i]) * w[c * k + i];
            ASSERT_NEAR(y[r * n + c], sum, 1e-5 * std::sqrt(k) + 1e-6) << m << " " << n << " " << k;
          }
      }
    }
  });
}

// A sequence's attention in plain loops: q, k, v of all positions, one row at a time over what came before it.
struct Reference {
  int64_t heads, kv_heads, head_dim;
  std::vector<std::vector<double>> keys, values;  // by position, [kv_heads * head_dim], keys turned

  std::vector<double> turned(const float* x, int64_t heads_of_x, const float* cos, const float* sin) const {
    std::vector<double> y(heads_of_x * head_dim);
    for (int64_t h = 0; h < heads_of_x; ++h)
      for (int64_t i = 0; i < head_dim / 2; ++i) {
        const double a = x[h * head_dim + i], b = x[h * head_dim + i + head_dim / 2];
        y[h * head_dim + i] = a * cos[i] - b * sin[i];
        y[h * head_dim + i + head_dim / 2] = b * cos[i] + a * sin[i];
      }
    return y;
  }
  std::vector<double> step(const float* qkv, const float* cos, const float* sin) {
    const auto q = turned(qkv, heads, cos, sin);
    keys.push_back(turned(qkv + heads * head_dim, kv_heads, cos, sin));
    const float* v = qkv + (heads + kv_heads) * head_dim;
    values.emplace_back(v, v + kv_heads * head_dim);
    std::vector<double> out(heads * head_dim, 0);
    for (int64_t h = 0; h < heads; ++h) {
      const int64_t kv = h / (heads / kv_heads);
      std::vector<double> weights(keys.size());
      double sum = 0;
      for (size_t p = 0; p < keys.size(); ++p) {
        double dot = 0;
        for (int64_t i = 0; i < head_dim; ++i) dot += q[h * head_dim + i] * keys[p][kv * head_dim + i];
        sum += weights[p] = std::exp(dot / std::sqrt(static_cast<double>(head_dim)));
      }
      for (size_t p = 0; p < keys.size(); ++p)
        for (int64_t i = 0; i < head_dim; ++i) out[h * head_dim + i] += weights[p] / sum * values[p][kv * head_dim + i];
    }
    return out;
  }
};

TEST(CachedAttention, AgreesWithPlainLoops) {
  on_all_targets([] {
    Random random(2);
    for (const auto& [heads, kv_heads, head_dim] :
         std::vector<std::array<int64_t, 3>>{{1, 1, 2}, {4, 2, 6}, {6, 1, 64}, {5, 5, 40}}) {
      constexpr int64_t kPositions = 53, kCapacity = 64;
      const int64_t columns = (heads + 2 * kv_heads) * head_dim, half = head_dim / 2;
      const auto input = normal(kPositions * columns, random);
      const auto cos = normal(kPositions * half, random), sin = normal(kPositions * half, random);
      std::vector<float> keys(kv_heads * kCapacity * head_dim),
          values(kv_heads * kCapacity * CacheBlock::value_columns(head_dim));
      Reference reference{heads, kv_heads, head_dim, {}, {}};
      auto qkv = input;
      std::vector<float> out(kPositions * heads * head_dim);
      for (int64_t past = 0; past < kPositions;) {  // one row, then two, then four, ...
        const int64_t rows = std::min(past == 0 ? 1 : past, kPositions - past);
        const CachedAttention attention{rows,
                                        past,
                                        heads,
                                        kv_heads,
                                        head_dim,
                                        qkv.data() + past * columns,
                                        cos.data(),
                                        sin.data(),
                                        {keys.data(), values.data(), kCapacity},
                                        out.data() + past * heads * head_dim};
        for (int64_t r = 0; r < rows; ++r) CachedAttention::cpu_store(attention, r);
        for (int64_t i = 0; i < attention.items(); ++i) CachedAttention::cpu_item(attention, i);
        past += rows;
      }
      for (int64_t p = 0; p < kPositions; ++p) {
        const auto wanted = reference.step(input.data() + p * columns, cos.data() + p * half, sin.data() + p * half);
        for (size_t i = 0; i < wanted.size(); ++i)
          ASSERT_NEAR(out[p * heads * head_dim + i], wanted[i], 2e-5) << heads << " " << head_dim << " position " << p;
      }
    }
  });
}

}  // namespace
}  // namespace persea::kernels
