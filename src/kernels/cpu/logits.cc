#include "kernels/logits.h"

#include <cmath>
#include <limits>

#include "base/threads.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/logits.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

int64_t largest(const float* x, int64_t count) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
  auto high = hn::Set(d, kLowest);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto value = hn::LoadU(d, x + i);
    high = hn::IfThenElse(hn::Gt(value, high), value, high);  // not Max: what is no number must not win
  }
  float most = hn::GetLane(hn::MaxOfLanes(d, high));
  for (; i < count; ++i) most = x[i] > most ? x[i] : most;
  const auto wanted = hn::Set(d, most);
  for (i = 0; i + lanes <= count; i += lanes) {
    if (const auto at = hn::FindFirstTrue(d, hn::Eq(hn::LoadU(d, x + i), wanted)); at >= 0) return i + at;
  }
  for (; i < count; ++i)
    if (x[i] == most) return i;
  return -1;
}

void weights(const float* x, int64_t count, float most, float factor, float* out) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::MaxLanes(d));
  const auto step = [&](auto tag, int64_t i) HWY_ATTR {
    const auto power = hn::Mul(hn::Sub(hn::LoadU(tag, x + i), hn::Set(tag, most)), hn::Set(tag, factor));
    const auto there = hn::Ge(power, hn::Set(tag, -87.3F));  // and a number
    hn::StoreU(hn::IfThenElseZero(there, exp_fast(tag, power)), tag, out + i);
  };
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) step(d, i);
  for (const hn::CappedTag<float, 1> one; i < count; ++i) step(one, i);
}

// Sum of the weights with factor 1; in f64, so that a large vocabulary's tail counts.
double sum_of_weights(const float* x, int64_t count, float most) {
  constexpr int64_t kBlock = 1024;
  float line[kBlock];
  double sum = 0;
  for (int64_t i = 0; i < count; i += kBlock) {
    const int64_t here = count - i < kBlock ? count - i : kBlock;
    weights(x + i, here, most, 1, line);
    double part[4] = {};
    int64_t j = 0;
    for (; j + 4 <= here; j += 4)
      for (int64_t k = 0; k < 4; ++k) part[k] += line[j + k];
    for (; j < here; ++j) part[0] += line[j];
    sum += part[0] + part[1] + part[2] + part[3];
  }
  return sum;
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::kernels {

HWY_EXPORT(largest);
HWY_EXPORT(weights);
HWY_EXPORT(sum_of_weights);

int64_t Logits::cpu_largest(const Logits& l) { return HWY_DYNAMIC_DISPATCH(largest)(l.x, l.count); }

void Logits::cpu_weights(const Logits& l, float most, float factor, float* out) {
  HWY_DYNAMIC_DISPATCH(weights)(l.x, l.count, most, factor, out);
}

double Logits::cpu_log_sum(const Logits& l) {
  const int64_t best = cpu_largest(l);
  if (best < 0 || std::isinf(l.x[best])) return best < 0 ? -std::numeric_limits<double>::infinity() : l.x[best];
  return l.x[best] + std::log(HWY_DYNAMIC_DISPATCH(sum_of_weights)(l.x, l.count, l.x[best]));
}

void Likeliest::cpu(const Likeliest& k) {
  const auto choose = [&](int64_t row) {
    const float* x = k.x + row * k.columns;
    const int64_t best = Logits::cpu_largest({x, k.columns});
    k.tokens[row] = best >= 0 && std::isfinite(x[best]) ? static_cast<int32_t>(best) : -1;
  };
  // Other threads are woken only for what takes longer than waking them.
  constexpr int64_t kAlone = 65536;
  if (k.rows * k.columns > kAlone) return pool().parallel_for(k.rows, choose);
  for (int64_t row = 0; row < k.rows; ++row) choose(row);
}

}  // namespace persea::kernels
#endif
