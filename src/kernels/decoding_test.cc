// The kernels of decoding on every instruction set that this machine has, against plain loops.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "base/random.h"
#include "kernels/cached_attention.h"
#include "kernels/gemv.h"
#include "kernels/logits.h"
#include "kernels/targets_for_test.h"
#include "tensor/half.h"

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

TEST(Logits, FindsTheLargestAndWeighsTheRest) {
  on_all_targets([] {
    const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
    Random random(4);
    for (const int64_t count : {1, 7, 16, 100, 2051}) {
      auto x = normal(static_cast<size_t>(count), random);
      for (size_t i = 3; i < x.size(); i += 11) x[i] = i % 2 == 0 ? nan : -inf;
      const Logits logits{x.data(), count};
      int64_t best = 0;
      for (int64_t i = 0; i < count; ++i)
        if (x[static_cast<size_t>(i)] > x[static_cast<size_t>(best)]) best = i;
      ASSERT_EQ(Logits::cpu_largest(logits), best) << count;
      std::vector<float> weights(x.size());
      Logits::cpu_weights(logits, x[static_cast<size_t>(best)], 0.7F, weights.data());
      double sum = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const double wanted = std::isnan(x[i]) ? 0 : std::exp(0.7 * (x[i] - x[static_cast<size_t>(best)]));
        ASSERT_NEAR(weights[i], wanted, 1e-6) << count << " " << i;
        sum += std::isnan(x[i]) ? 0 : std::exp(static_cast<double>(x[i]));
      }
      ASSERT_NEAR(Logits::cpu_log_sum(logits), std::log(sum), 1e-6);
    }
    for (const size_t at : {0, 5, 37, 39}) {  // of equals the lowest
      std::vector<float> x(40, 1);
      x[at] = x[39] = 2;
      EXPECT_EQ(Logits::cpu_largest({x.data(), 40}), static_cast<int64_t>(at));
    }
    const std::vector<float> none(20, nan);
    EXPECT_EQ(Logits::cpu_largest({none.data(), 20}), -1);
    EXPECT_EQ(Logits::cpu_log_sum({none.data(), 20}), -inf);
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

// A cache of one layer whose pages lie in any order, behind something else.
struct Pages {
  static constexpr int64_t kOffset = 192;
  std::vector<std::vector<std::byte>> memory;
  std::vector<std::byte*> order;
  CacheFormat format;
  Pages(int64_t positions, int64_t kv_heads, int64_t head_dim, CacheFormat format_given) : format(format_given) {
    const auto bytes = static_cast<size_t>(kOffset + kv_heads * CacheBlock::head_bytes(head_dim, format));
    // Whatever lies there must not matter: as f32 these bytes are no numbers.
    for (int64_t i = 0; i < positions; i += CacheBlock::kPage) memory.emplace_back(bytes, std::byte{0xff});
    for (auto& page : memory) order.insert(order.begin(), page.data());
  }
  CacheBlock block() const { return {order.data(), kOffset, format}; }
};

constexpr std::array<std::array<int64_t, 3>, 5> kHeads = {
    {{1, 1, 2}, {4, 2, 6}, {6, 1, 64}, {5, 5, 40}, {16, 1, 32}}};  // heads, kv_heads, head_dim
constexpr int64_t kPositions = 150;

// The attention of all positions, in steps of step(past) rows: [positions, heads * head_dim].
std::vector<float> attend(const std::array<int64_t, 3>& shape, CacheFormat format, std::vector<float> qkv,
                          const std::vector<float>& cos, const std::vector<float>& sin,
                          const std::function<int64_t(int64_t)>& step, int64_t window = 0) {
  const auto [heads, kv_heads, head_dim] = shape;
  const int64_t columns = (heads + 2 * kv_heads) * head_dim;
  const Pages pages(kPositions, kv_heads, head_dim, format);
  std::vector<float> out(kPositions * heads * head_dim);
  for (int64_t past = 0; past < kPositions;) {
    const int64_t rows = std::min(step(past), kPositions - past);
    const CachedAttention attention{rows,          past,
                                    heads,         kv_heads,
                                    head_dim,      qkv.data() + past * columns,
                                    cos.data(),    sin.data(),
                                    pages.block(), out.data() + past * heads * head_dim,
                                    window};
    for (int64_t r = 0; r < rows; r += 3) CachedAttention::cpu_store(attention, r, std::min(rows, r + 3));
    for (int64_t i = 0; i < attention.items(); ++i) CachedAttention::cpu_item(attention, i);
    past += rows;
  }
  return out;
}

TEST(CachedAttention, AgreesWithPlainLoops) {
  on_all_targets([] {
    Random random(2);
    for (const auto& shape : kHeads) {
      const auto [heads, kv_heads, head_dim] = shape;
      const int64_t columns = (heads + 2 * kv_heads) * head_dim, half = head_dim / 2;
      const auto input = normal(kPositions * columns, random);
      std::vector<float> cos, sin;  // of some angles: as a rotation, it keeps what 8 bits can hold
      for (int64_t i = 0; i < kPositions * half; ++i) {
        const double angle = random.normal();
        cos.push_back(static_cast<float>(std::cos(angle)));
        sin.push_back(static_cast<float>(std::sin(angle)));
      }
      for (const auto& [format, tolerance] : std::initializer_list<std::pair<CacheFormat, double>>{
               {CacheFormat::f32, 2e-5}, {CacheFormat::f16, 4e-3}, {CacheFormat::q8, 8e-2}}) {
        const auto out = attend(shape, format, input, cos, sin, [](int64_t past) { return past == 0 ? 1 : past; });
        Reference reference{heads, kv_heads, head_dim, {}, {}};
        for (int64_t p = 0; p < kPositions; ++p) {
          const auto wanted = reference.step(input.data() + p * columns, cos.data() + p * half, sin.data() + p * half);
          for (size_t i = 0; i < wanted.size(); ++i)
            ASSERT_NEAR(out[p * heads * head_dim + i], wanted[i], tolerance)
                << heads << " " << head_dim << " position " << p << " format " << static_cast<int>(format);
        }
      }
    }
  });
}

TEST(CachedAttention, KeepsHalvesAsTheyAreRounded) {
  on_all_targets([] {
    constexpr int64_t kDim = 66;  // no multiple of any vector
    std::vector<float> qkv(3 * kDim, 0), cos(kDim / 2, 1), sin(kDim / 2, 0);
    Random random(5);
    for (float& x : qkv) x = static_cast<float>(random.normal());
    float* v = qkv.data() + 2 * kDim;
    const std::array<float, 8> border = {1.0009F, 1.9999F, 65519, 65520,
                                         7e4F,    -3e-8F,  1e-9F, -std::numeric_limits<float>::infinity()};
    std::copy(border.begin(), border.end(), v);
    std::copy(border.begin(), border.end(), v + kDim - 8);
    v[8] = std::numeric_limits<float>::quiet_NaN();
    const Pages pages(1, 1, kDim, CacheFormat::f16);
    std::vector<float> out(kDim);
    const CachedAttention attention{1, 0, 1, 1, kDim, qkv.data(), cos.data(), sin.data(), pages.block(), out.data()};
    CachedAttention::cpu_store(attention, 0, 1);
    const auto* numbers = reinterpret_cast<const uint16_t*>(pages.order[0] + Pages::kOffset);
    for (int64_t i = 0; i < kDim; ++i) {
      EXPECT_EQ(numbers[i * CacheBlock::kTile], to_half(qkv[static_cast<size_t>(kDim + i)])) << i;
      const uint16_t value = numbers[CacheBlock::kPage * kDim + i];
      if (i == 8) {
        EXPECT_TRUE(std::isnan(from_half(value)));
      } else {
        EXPECT_EQ(value, to_half(v[i])) << v[i];
      }
    }
  });
}

TEST(CachedAttention, GivesTheSameBitsHoweverRowsComeTogether) {
  on_all_targets([] {
    Random random(3);
    for (const auto& shape : kHeads) {
      const auto [heads, kv_heads, head_dim] = shape;
      const int64_t columns = (heads + 2 * kv_heads) * head_dim, half = head_dim / 2;
      const auto input = normal(kPositions * columns, random);
      const auto cos = normal(kPositions * half, random), sin = normal(kPositions * half, random);
      for (const CacheFormat format : {CacheFormat::f32, CacheFormat::f16, CacheFormat::q8}) {
        for (const int64_t window : {0, 37}) {
          const auto alone = attend(
              shape, format, input, cos, sin, [](int64_t) { return 1; }, window);
          EXPECT_EQ(alone, attend(
                               shape, format, input, cos, sin, [](int64_t) { return kPositions; }, window));
          const auto step = [&](int64_t) { return 1 + static_cast<int64_t>(random.below(40)); };
          EXPECT_EQ(alone, attend(shape, format, input, cos, sin, step, window));
        }
      }
    }
  });
}

}  // namespace
}  // namespace persea::kernels
