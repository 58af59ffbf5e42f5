#include "kernels/cross_entropy.h"

#include <cmath>

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/cross_entropy.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {

void row(const SoftmaxCrossEntropy& k, int64_t r) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = hn::MaxLanes(d), whole = k.columns / lanes * lanes;
  float* x = k.logits.f32() + r * k.columns;
  const int32_t target = k.targets[r];
  if (target < 0) {
    k.losses[r] = 0;
    if (k.scale != 0)
      for (int64_t i = 0; i < k.columns; ++i) x[i] = 0;
    return;
  }
  if (k.soft_cap > 0)
    for (int64_t i = 0; i < k.columns; ++i) x[i] = k.soft_cap * std::tanh(x[i] / k.soft_cap);

  auto maxima = hn::Set(d, -1e30f);
  for (int64_t i = 0; i < whole; i += lanes) maxima = hn::Max(maxima, hn::LoadU(d, x + i));
  float maximum = hn::GetLane(hn::MaxOfLanes(d, maxima));
  for (int64_t i = whole; i < k.columns; ++i) maximum = std::max(maximum, x[i]);

  // A large loss means a large difference of two large numbers; the pair is kept apart until the end.
  const float own = x[target];
  auto sums = hn::Zero(d);
  const bool keep = k.scale != 0 && k.soft_cap == 0;
  for (int64_t i = 0; i < whole; i += lanes) {
    const auto e = exp_fast(d, hn::Sub(hn::LoadU(d, x + i), hn::Set(d, maximum)));
    if (keep) hn::StoreU(e, d, x + i);
    sums = hn::Add(sums, e);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (int64_t i = whole; i < k.columns; ++i) {
    const float e = std::exp(x[i] - maximum);
    if (keep) x[i] = e;
    sum += e;
  }
  k.losses[r] = std::log(sum) + (maximum - own);
  if (k.scale == 0) return;
  const float factor = k.scale / sum;
  if (k.soft_cap > 0) {
    for (int64_t i = 0; i < k.columns; ++i) {
      const float capped = x[i] / k.soft_cap;
      x[i] = (std::exp(x[i] - maximum) * factor - (i == target ? k.scale : 0.0f)) * (1 - capped * capped);
    }
    return;
  }
  for (int64_t i = 0; i < whole; i += lanes) hn::StoreU(hn::Mul(hn::LoadU(d, x + i), hn::Set(d, factor)), d, x + i);
  for (int64_t i = whole; i < k.columns; ++i) x[i] *= factor;
  x[target] -= k.scale;
}

void softmax_cross_entropy_rows(const SoftmaxCrossEntropy& k, int64_t begin, int64_t end) {
  for (int64_t r = begin; r < end; ++r) row(k, r);
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::kernels {
HWY_EXPORT(softmax_cross_entropy_rows);
void SoftmaxCrossEntropy::cpu_rows(const SoftmaxCrossEntropy& k, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(softmax_cross_entropy_rows)(k, begin, end);
}
}  // namespace persea::kernels
#endif
