// The formats against their definition, number by number; the kernel on a GPU against the CPU's.
#include "kernels/round_fp8.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/random.h"
#include "kernels/gemm.h"
#include "kernels/launch.h"
#include "tensor/cuda.h"
#include "tensor/fp8.h"
#include "tensor/tensor.h"

namespace persea::kernels {
namespace {

template <class F>
class Fp8 : public testing::Test {};
using Formats = testing::Types<E4m3, E5m2>;
TYPED_TEST_SUITE(Fp8, Formats);

// The code whose number is nearest, by looking at all of them; of two equally near ones the even.
template <class F>
uint8_t nearest(float value) {
  int best = 0;
  for (int code = 1; code <= F::kLargest; ++code) {
    const double now = std::abs(double(from_fp8(F{uint8_t(code)})) - std::abs(double(value))),
                 before = std::abs(double(from_fp8(F{uint8_t(best)})) - std::abs(double(value)));
    if (now < before || (now == before && code % 2 == 0)) best = code;
  }
  return static_cast<uint8_t>(best | (std::signbit(value) ? 0x80 : 0));
}

TYPED_TEST(Fp8, TakesTheNearestNumber) {
  const float largest = from_fp8(TypeParam{TypeParam::kLargest});
  EXPECT_EQ(largest, (std::is_same_v<TypeParam, E4m3> ? 448.0f : 57344.0f));
  for (int code = 0; code <= TypeParam::kLargest; ++code) {
    const float value = from_fp8(TypeParam{uint8_t(code)});
    EXPECT_EQ(to_fp8<TypeParam>(value).bits, code);
    EXPECT_EQ(to_fp8<TypeParam>(-value).bits, code | 0x80);
    if (code == TypeParam::kLargest) continue;
    const float next = from_fp8(TypeParam{uint8_t(code + 1)}), middle = (value + next) / 2;
    EXPECT_LT(value, next);
    for (const float between : {std::nextafter(middle, 0.0f), middle, std::nextafter(middle, next)})
      EXPECT_EQ(to_fp8<TypeParam>(between).bits, nearest<TypeParam>(between)) << between;
  }
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    const auto value = static_cast<float>(random.normal() * std::exp(8 * random.normal()));
    EXPECT_EQ(to_fp8<TypeParam>(value).bits, nearest<TypeParam>(value)) << value;
  }
  EXPECT_EQ(to_fp8<TypeParam>(-1e30f).bits, TypeParam::kLargest | 0x80);
  for (const float none : {NAN, INFINITY, -INFINITY}) EXPECT_TRUE(std::isnan(from_fp8(to_fp8<TypeParam>(none))));
}

TYPED_TEST(Fp8, ScalesByTheLeastPowerOfTwoThatFits) {
  const float most = from_fp8(TypeParam{TypeParam::kLargest});
  Random random(4);
  for (int i = 0; i < 1000; ++i) {
    const auto largest = static_cast<float>(std::exp(12 * random.normal())), scale = fp8_scale<TypeParam>(largest);
    int exponent = 0;
    EXPECT_EQ(std::frexp(scale, &exponent), 0.5f);
    EXPECT_LE(largest / scale, most);
    EXPECT_GT(largest / scale * 2, most);
  }
  EXPECT_EQ(fp8_scale<TypeParam>(most), 1);
  for (const float odd : {0.0f, INFINITY, NAN}) EXPECT_EQ(fp8_scale<TypeParam>(odd), 1);
  EXPECT_GT(fp8_scale<TypeParam>(1e-45f), 0);
}

Tensor wide_numbers(Shape shape, uint64_t seed) {
  Random random(seed);
  Tensor tensor(std::move(shape));
  for (float& value : tensor.span()) value = static_cast<float>(random.normal() * std::exp(4 * random.normal() - 8));
  return tensor;
}

TEST(RoundFp8, RoundsToWhatItsScaleAllows) {
  const Tensor x = wide_numbers({300, 300}, 5), y({300, 300});  // several ranges
  launch(RoundFp8{300, 300, x, DType::f8_e4m3, y}, cpu_device);
  float largest = 0;
  for (const float value : x.span()) largest = std::max(largest, std::abs(value));
  const float scale = fp8_scale<E4m3>(largest);
  for (int64_t i = 0; i < x.count(); ++i)
    ASSERT_LE(std::abs(y.data()[i] - x.data()[i]), std::max(std::abs(x.data()[i]) / 16, scale / 1024)) << i;
  x.data()[77] = INFINITY;  // shows, and does not spoil the others' memory
  launch(RoundFp8{300, 300, x, DType::f8_e4m3, y}, cpu_device);
  EXPECT_TRUE(std::isnan(y.data()[77]));
  EXPECT_FALSE(std::isnan(y.data()[78]));
  EXPECT_THROW(launch(RoundFp8{300, 300, x, DType::bf16, y}, cpu_device), std::logic_error);
  EXPECT_THROW(launch(RoundFp8{300, 300, x, DType::f8_e4m3, y, y}, cpu_device), std::logic_error);
}

class RoundFp8OnAGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::present()) GTEST_SKIP() << "no GPU here";
  }
};

// A matrix rounded on the GPU both ways, and on the CPU.
struct Both {
  int64_t rows, columns;
  Tensor here, along, down, scale;

  Both(int64_t m, int64_t n, DType format, DType stored, uint64_t seed) : rows(m), columns(n) {
    Tensor x = wide_numbers({m, n}, seed), there = x.to(cuda_device);
    if (stored == DType::bf16) {
      there = Tensor({m, n}, DType::bf16);
      for (int64_t i = 0; i < x.count(); ++i) {
        const auto bits = static_cast<uint16_t>(std::bit_cast<uint32_t>(x.data()[i]) >> 16);
        there.data<Bf16>()[i].bits = bits;
        x.data()[i] = std::bit_cast<float>(uint32_t{bits} << 16);
      }
      there = there.to(cuda_device);
    }
    here = Tensor({m, n});
    launch(RoundFp8{m, n, x, format, here}, cpu_device);
    along = Tensor({m, fp8_pitch(n)}, format, cuda_device);
    down = Tensor({n, fp8_pitch(m)}, format, cuda_device);
    scale = Tensor({1}, DType::f32, cuda_device);
    launch(RoundFp8{m, n, there, format, along, down, scale.data()}, cuda_device);
  }
  Matrix left(bool of_copy) const {
    return of_copy ? row_major(down, fp8_pitch(rows), scale.data())
                   : row_major(along, fp8_pitch(columns), scale.data());
  }
};

template <class F>
void expect_same(const Both& both) {
  const Tensor along = both.along.to(cpu_device), down = both.down.to(cpu_device), scale = both.scale.to(cpu_device);
  for (int64_t r = 0; r < fp8_pitch(both.rows); ++r)
    for (int64_t c = 0; c < fp8_pitch(both.columns); ++c) {
      const bool inside = r < both.rows && c < both.columns;
      const float expected = inside ? both.here.data()[r * both.columns + c] : 0;
      if (r < both.rows) {
        ASSERT_EQ(from_fp8(along.data<F>()[r * fp8_pitch(both.columns) + c]) * scale.data()[0], expected)
            << r << " " << c;
      }
      if (c < both.columns) {
        ASSERT_EQ(from_fp8(down.data<F>()[c * fp8_pitch(both.rows) + r]) * scale.data()[0], expected) << r << " " << c;
      }
    }
}

TEST_F(RoundFp8OnAGpu, HasTheSameNumbersAndTheirTranspose) {
  for (const DType stored : {DType::f32, DType::bf16})
    for (const auto& [m, n] : {std::pair<int64_t, int64_t>{1, 1}, {5, 130}, {64, 64}, {131, 72}, {300, 17}}) {
      expect_same<E4m3>(Both(m, n, DType::f8_e4m3, stored, 6));
      expect_same<E5m2>(Both(m, n, DType::f8_e5m2, stored, 7));
    }
}

// As a linear layer's three products take them.
TEST_F(RoundFp8OnAGpu, ProductsAreThoseOfTheRoundedNumbers) {
  for (const auto& [n, outputs, inputs] : {std::array<int64_t, 3>{48, 64, 80}, {21, 35, 19}, {70, 7, 130}}) {
    const Both x(n, inputs, DType::f8_e4m3, DType::bf16, 8), w(outputs, inputs, DType::f8_e4m3, DType::bf16, 9),
        dy(n, outputs, DType::f8_e5m2, DType::bf16, 10);
    const auto flipped = [](const Matrix& m) { return Matrix{m.data, m.column_stride, m.row_stride, m.scale}; };
    const auto check = [](int64_t m, int64_t columns, int64_t k, const Matrix& a, const Matrix& b, const Matrix& here_a,
                          const Matrix& here_b) {
      const Tensor expected({m, columns}), actual({m, columns}, DType::f32, cuda_device);
      launch(Gemm{m, columns, k, here_a, here_b, expected, columns, false, Precision::fp8}, cpu_device);
      launch(Gemm{m, columns, k, a, b, actual, columns, false, Precision::fp8}, cuda_device);
      const Tensor back = actual.to(cpu_device);
      double error = 0, norm = 0;
      for (int64_t i = 0; i < back.count(); ++i) {
        const double e = double(expected.data()[i]), d = double(back.data()[i]) - e;
        error += d * d, norm += e * e;
      }
      EXPECT_LT(std::sqrt(error / norm), 1e-3) << m << " x " << columns << " x " << k;  // a GPU's sums have fewer bits
      EXPECT_GT(norm, 0);
    };
    check(n, outputs, inputs, x.left(false), flipped(w.left(false)), row_major(x.here, inputs),
          transposed(w.here, inputs));
    check(n, inputs, outputs, dy.left(false), flipped(w.left(true)), row_major(dy.here, outputs),
          row_major(w.here, inputs));
    check(outputs, inputs, n, dy.left(true), flipped(x.left(true)), transposed(dy.here, outputs),
          row_major(x.here, inputs));
  }
}

TEST_F(RoundFp8OnAGpu, FactorsGoTogether) {
  const Both x(16, 16, DType::f8_e4m3, DType::f32, 11);
  const Tensor other = x.here.to(cuda_device), out({16, 16}, DType::f32, cuda_device);
  EXPECT_THROW(launch(Gemm{16, 16, 16, x.left(false), row_major(other, 16), out, 16}, cuda_device), std::logic_error);
  EXPECT_THROW(
      launch(Gemm{16, 16, 16, row_major(other, 16), row_major(other, 16), out, 16, false, Precision::fp8}, cuda_device),
      std::logic_error);
}

}  // namespace
}  // namespace persea::kernels
