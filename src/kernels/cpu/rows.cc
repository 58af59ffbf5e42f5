#include "kernels/rows.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "kernels/cpu/targets.h"
#include "tensor/tensor.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/rows.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {

using F32Capped = hn::ScalableTag<float>;

// Calls body(tag, offset) with full vectors and then with single elements, so that any number of columns works.
template <class Body>
HWY_INLINE void each_vector(int64_t count, const Body& body) {
  const F32Capped d;
  const int64_t lanes = hn::MaxLanes(d);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) body(d, i);
  const hn::CappedTag<float, 1> one;
  for (; i < count; ++i) body(one, i);
}

HWY_INLINE float sum_of_squares(const float* x, int64_t count) {
  const F32Capped d;
  const int64_t lanes = hn::MaxLanes(d);
  auto a = hn::Zero(d), b = hn::Zero(d);
  int64_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const auto u = hn::LoadU(d, x + i), v = hn::LoadU(d, x + i + lanes);
    a = hn::MulAdd(u, u, a);
    b = hn::MulAdd(v, v, b);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(a, b)));
  for (; i < count; ++i) sum += x[i] * x[i];
  return sum;
}

float inverse_rms(const float* x, int64_t columns, float eps) {
  return 1.0f / std::sqrt(sum_of_squares(x, columns) / static_cast<float>(columns) + eps);
}

void rms_norm_rows(const RmsNorm& n, int64_t begin, int64_t end) {
  for (int64_t r = begin; r < end; ++r) {
    const float* x = n.x.f32() + r * n.columns;
    float* y = n.y.f32() + r * n.columns;
    const float rstd = inverse_rms(x, n.columns, n.eps);
    if (n.gain) {
      each_vector(n.columns, [&](auto d, int64_t i) HWY_ATTR {
        hn::StoreU(hn::Mul(hn::Mul(hn::LoadU(d, x + i), hn::Set(d, rstd)), hn::LoadU(d, n.gain + i)), d, y + i);
      });
    } else {
      each_vector(n.columns, [&](auto d, int64_t i)
                                 HWY_ATTR { hn::StoreU(hn::Mul(hn::LoadU(d, x + i), hn::Set(d, rstd)), d, y + i); });
    }
  }
}

// With xhat = x rstd and g = dy gain: dx = rstd (g - xhat mean(g xhat)).
void rms_norm_backward_rows(const RmsNormBackward& n, int64_t begin, int64_t end, float* dgain) {
  const F32Capped d;
  const int64_t lanes = hn::MaxLanes(d), whole = n.columns / lanes * lanes;
  if (dgain) std::fill_n(dgain, n.columns, 0.0f);
  for (int64_t r = begin; r < end; ++r) {
    const float *x = n.x.f32() + r * n.columns, *dy = n.dy.f32() + r * n.columns;
    const float rstd = inverse_rms(x, n.columns, n.eps);
    auto dots = hn::Zero(d);
    for (int64_t i = 0; i < whole; i += lanes) {
      const auto product = hn::Mul(hn::LoadU(d, dy + i), hn::LoadU(d, x + i));
      dots = n.gain ? hn::MulAdd(product, hn::LoadU(d, n.gain + i), dots) : hn::Add(product, dots);
      if (dgain) hn::StoreU(hn::MulAdd(product, hn::Set(d, rstd), hn::LoadU(d, dgain + i)), d, dgain + i);
    }
    float dot = hn::GetLane(hn::SumOfLanes(d, dots));
    for (int64_t i = whole; i < n.columns; ++i) {
      dot += dy[i] * x[i] * (n.gain ? n.gain[i] : 1.0f);
      if (dgain) dgain[i] += dy[i] * x[i] * rstd;
    }
    if (!n.dx) continue;
    const float shrink = dot * rstd * rstd * rstd / static_cast<float>(n.columns);
    float* dx = n.dx.f32() + r * n.columns;
    each_vector(n.columns, [&](auto t, int64_t i) HWY_ATTR {
      auto g = hn::LoadU(t, dy + i);
      if (n.gain) g = hn::Mul(g, hn::LoadU(t, n.gain + i));
      auto value = hn::NegMulAdd(hn::LoadU(t, x + i), hn::Set(t, shrink), hn::Mul(g, hn::Set(t, rstd)));
      if (n.accumulate_dx) value = hn::Add(value, hn::LoadU(t, dx + i));
      hn::StoreU(value, t, dx + i);
    });
  }
}

void swiglu_rows(const SwiGlu& g, int64_t begin, int64_t end) {
  for (int64_t r = begin; r < end; ++r) {
    const float *gate = g.x.f32() + r * 2 * g.columns, *up = gate + g.columns;
    float* y = g.y.f32() + r * g.columns;
    each_vector(g.columns, [&](auto d, int64_t i) HWY_ATTR {
      const auto x = hn::LoadU(d, gate + i);
      hn::StoreU(hn::Mul(hn::Mul(x, sigmoid_fast(d, x)), hn::LoadU(d, up + i)), d, y + i);
    });
  }
}

void swiglu_backward_rows(const SwiGluBackward& g, int64_t begin, int64_t end) {
  for (int64_t r = begin; r < end; ++r) {
    const float *gate = g.x.f32() + r * 2 * g.columns, *up = gate + g.columns, *dy = g.dy.f32() + r * g.columns;
    float *dgate = g.dx.f32() + r * 2 * g.columns, *dup = dgate + g.columns,
          *y = g.y ? g.y.f32() + r * g.columns : nullptr;
    each_vector(g.columns, [&](auto d, int64_t i) HWY_ATTR {
      const auto x = hn::LoadU(d, gate + i), s = sigmoid_fast(d, x), e = hn::LoadU(d, dy + i);
      const auto silu = hn::Mul(x, s);
      if (y) hn::StoreU(hn::Mul(silu, hn::LoadU(d, up + i)), d, y + i);
      // d silu / dx = s + silu (1 - s)
      auto dg = hn::Mul(hn::Mul(e, hn::LoadU(d, up + i)), hn::Add(s, hn::NegMulAdd(silu, s, silu)));
      auto du = hn::Mul(e, silu);
      if (g.accumulate) {
        dg = hn::Add(dg, hn::LoadU(d, dgate + i));
        du = hn::Add(du, hn::LoadU(d, dup + i));
      }
      hn::StoreU(dg, d, dgate + i);
      hn::StoreU(du, d, dup + i);
    });
  }
}

void relu_squared_rows(const ReluSquared& k, int64_t begin, int64_t end) {
  const float* x = k.x.f32() + begin * k.columns;
  float* y = k.y.f32() + begin * k.columns;
  each_vector((end - begin) * k.columns, [&](auto d, int64_t i) HWY_ATTR {
    const auto v = hn::Max(hn::LoadU(d, x + i), hn::Zero(d));
    hn::StoreU(hn::Mul(v, v), d, y + i);
  });
}

void relu_squared_backward_rows(const ReluSquaredBackward& k, int64_t begin, int64_t end) {
  const int64_t at = begin * k.columns;
  const float *x = k.x.f32() + at, *dy = k.dy.f32() + at;
  float* dx = k.dx.f32() + at;
  each_vector((end - begin) * k.columns, [&](auto d, int64_t i) HWY_ATTR {
    const auto v = hn::Max(hn::LoadU(d, x + i), hn::Zero(d));
    auto value = hn::Mul(hn::LoadU(d, dy + i), hn::Add(v, v));
    if (k.accumulate) value = hn::Add(value, hn::LoadU(d, dx + i));
    hn::StoreU(value, d, dx + i);
  });
}

void axpby_range(const Axpby& k, int64_t begin, int64_t end) {
  const float* from = k.x.f32() + begin;
  float* to = k.y.f32() + begin;
  each_vector(end - begin, [&](auto d, int64_t i) HWY_ATTR {
    const auto x = hn::Mul(hn::LoadU(d, from + i), hn::Set(d, k.a));
    const auto y = k.b == 0 ? x : hn::MulAdd(hn::LoadU(d, to + i), hn::Set(d, k.b), x);
    hn::StoreU(y, d, to + i);
  });
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::kernels {
namespace {

// Rows of a range of `numbers`.
int64_t rows_of(int64_t numbers, int64_t columns) {
  return std::max<int64_t>(1, numbers / std::max<int64_t>(1, columns));
}

// Rows in equal ranges, small enough to balance and large enough to cost nothing; the split never depends on the
// threads.
template <class Fn>
void each_range(int64_t rows, int64_t columns, const Fn& fn, int64_t numbers = 8192) {
  const int64_t step = rows_of(numbers, columns);
  pool().parallel_for((rows + step - 1) / step, [&](int64_t i) { fn(i * step, std::min(rows, (i + 1) * step), i); });
}

// splitmix64's finalizer: a counter becomes 64 well-mixed bits.
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

}  // namespace

HWY_EXPORT(rms_norm_rows);
HWY_EXPORT(rms_norm_backward_rows);
HWY_EXPORT(swiglu_rows);
HWY_EXPORT(swiglu_backward_rows);
HWY_EXPORT(relu_squared_rows);
HWY_EXPORT(relu_squared_backward_rows);
HWY_EXPORT(axpby_range);

void RmsNorm::cpu_rows(const RmsNorm& k, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(rms_norm_rows)(k, begin, end);
}
void RmsNorm::cpu(const RmsNorm& k) {
  each_range(k.rows, k.columns, [&](int64_t begin, int64_t end, int64_t) { cpu_rows(k, begin, end); });
}

void RmsNormBackward::cpu(const RmsNormBackward& k) {
  constexpr int64_t kNumbers = 32768;  // each range has a sum of its own
  const int64_t step = rows_of(kNumbers, k.columns), ranges = (k.rows + step - 1) / step;
  Tensor partial({k.dgain ? ranges : 0, k.columns});
  each_range(
      k.rows, k.columns,
      [&](int64_t begin, int64_t end, int64_t i) {
        HWY_DYNAMIC_DISPATCH(rms_norm_backward_rows)(k, begin, end, k.dgain ? partial.data() + i * k.columns : nullptr);
      },
      kNumbers);
  if (!k.dgain) return;
  for (int64_t i = 0; i < ranges; ++i)
    Axpby::cpu({k.columns, 1, partial.data() + i * k.columns, i > 0 || k.accumulate_dgain ? 1.0f : 0.0f, k.dgain});
}

void SwiGlu::cpu_rows(const SwiGlu& k, int64_t begin, int64_t end) { HWY_DYNAMIC_DISPATCH(swiglu_rows)(k, begin, end); }
void SwiGlu::cpu(const SwiGlu& k) {
  each_range(k.rows, k.columns, [&](int64_t begin, int64_t end, int64_t) { cpu_rows(k, begin, end); });
}
void SwiGluBackward::cpu_rows(const SwiGluBackward& k, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(swiglu_backward_rows)(k, begin, end);
}
void SwiGluBackward::cpu(const SwiGluBackward& k) {
  each_range(k.rows, k.columns, [&](int64_t begin, int64_t end, int64_t) { cpu_rows(k, begin, end); });
}
void ReluSquared::cpu_rows(const ReluSquared& k, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(relu_squared_rows)(k, begin, end);
}
void ReluSquared::cpu(const ReluSquared& k) {
  each_range(k.rows, k.columns, [&](int64_t begin, int64_t end, int64_t) { cpu_rows(k, begin, end); });
}
void ReluSquaredBackward::cpu_rows(const ReluSquaredBackward& k, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(relu_squared_backward_rows)(k, begin, end);
}
void ReluSquaredBackward::cpu(const ReluSquaredBackward& k) {
  each_range(k.rows, k.columns, [&](int64_t begin, int64_t end, int64_t) { cpu_rows(k, begin, end); });
}

void Axpby::cpu(const Axpby& k) {
  if (k.count < 32768) return HWY_DYNAMIC_DISPATCH(axpby_range)(k, 0, k.count);
  each_range(k.count, 1, [&](int64_t begin, int64_t end, int64_t) {
    HWY_DYNAMIC_DISPATCH(axpby_range)(k, begin, end);
  });
}

void Dropout::cpu(const Dropout& k) {
  const auto threshold = static_cast<uint64_t>(static_cast<double>(k.probability) * 4294967296.0);
  const float scale = 1.0f / (1.0f - k.probability);
  const float *x = k.x.f32(), *residual = k.residual.f32();
  float* y = k.y.f32();
  each_range(k.count, 1, [&](int64_t begin, int64_t end, int64_t) {
    for (int64_t i = begin; i < end; ++i) {
      const uint64_t bits = mix(k.seed + 0x9e3779b97f4a7c15ull * static_cast<uint64_t>(k.first + i + 1)) >> 32;
      const float value = (bits < threshold ? 0.0f : x[i] * scale) + (residual ? residual[i] : 0.0f);
      y[i] = k.accumulate ? y[i] + value : value;
    }
  });
}

}  // namespace persea::kernels
#endif
