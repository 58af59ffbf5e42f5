#include "kernels/cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/cross_entropy.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {

// What a row of logits says of itself. The logits are capped; with `gradient` and no cap they become e^(x - maximum).
SoftmaxPart part_of(float* x, int64_t columns, int32_t target, float soft_cap, bool gradient) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = hn::MaxLanes(d), whole = columns / lanes * lanes;
  if (soft_cap > 0)
    for (int64_t i = 0; i < columns; ++i) x[i] = soft_cap * std::tanh(x[i] / soft_cap);

  auto maxima = hn::Set(d, -1e30f);
  for (int64_t i = 0; i < whole; i += lanes) maxima = hn::Max(maxima, hn::LoadU(d, x + i));
  float maximum = hn::GetLane(hn::MaxOfLanes(d, maxima));
  for (int64_t i = whole; i < columns; ++i) maximum = std::max(maximum, x[i]);

  const float own = target < 0 ? 0 : x[target];
  auto sums = hn::Zero(d);
  const bool keep = gradient && soft_cap == 0;
  for (int64_t i = 0; i < whole; i += lanes) {
    const auto e = exp_fast(d, hn::Sub(hn::LoadU(d, x + i), hn::Set(d, maximum)));
    if (keep) hn::StoreU(e, d, x + i);
    sums = hn::Add(sums, e);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (int64_t i = whole; i < columns; ++i) {
    const float e = std::exp(x[i] - maximum);
    if (keep) x[i] = e;
    sum += e;
  }
  return {maximum, sum, own};
}

// The gradient of what part_of has left: `factor` is scale over the sum of all exponentials of x - maximum.
void gradient_of(float* x, int64_t columns, int32_t target, float soft_cap, float maximum, float factor, float scale) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = hn::MaxLanes(d), whole = columns / lanes * lanes;
  if (soft_cap > 0) {
    for (int64_t i = 0; i < columns; ++i) {
      const float capped = x[i] / soft_cap;
      x[i] = (std::exp(x[i] - maximum) * factor - (i == target ? scale : 0.0f)) * (1 - capped * capped);
    }
    return;
  }
  for (int64_t i = 0; i < whole; i += lanes) hn::StoreU(hn::Mul(hn::LoadU(d, x + i), hn::Set(d, factor)), d, x + i);
  for (int64_t i = whole; i < columns; ++i) x[i] *= factor;
  if (target >= 0) x[target] -= scale;
}

// A large loss means a large difference of two large numbers; the pair is kept apart until the end.
float loss_of(const SoftmaxPart& part) { return std::log(part.sum) + (part.maximum - part.target); }

void softmax_cross_entropy_rows(const SoftmaxCrossEntropy& k, int64_t begin, int64_t end) {
  for (int64_t r = begin; r < end; ++r) {
    float* x = k.logits.f32() + r * k.columns;
    const int32_t target = k.targets[r];
    if (target < 0) {
      k.losses[r] = 0;
      if (k.scale) std::fill_n(x, k.columns, 0.0f);
      continue;
    }
    const SoftmaxPart part = part_of(x, k.columns, target, k.soft_cap, k.scale != nullptr);
    k.losses[r] = loss_of(part);
    if (k.scale) gradient_of(x, k.columns, target, k.soft_cap, part.maximum, *k.scale / part.sum, *k.scale);
  }
}

bool counts(int32_t target) { return target >= 0 || target == kTargetElsewhere; }

void partial_softmax_rows(const PartialSoftmax& k, int64_t begin, int64_t end) {
  for (int64_t r = begin; r < end; ++r) {
    const int32_t target = k.targets[r];
    k.parts[r] = counts(target) ? part_of(k.logits + r * k.columns, k.columns, target, k.soft_cap, k.gradient)
                                : SoftmaxPart{0, 0, 0};
  }
}

void finish_softmax_rows(const FinishSoftmax& k, int64_t begin, int64_t end) {
  for (int64_t r = begin; r < end; ++r) {
    float* x = k.logits + r * k.columns;
    const int32_t target = k.targets[r];
    if (!counts(target)) {
      k.losses[r] = 0;
      if (k.scale) std::fill_n(x, k.columns, 0.0f);
      continue;
    }
    SoftmaxPart all{-1e30f, 0, 0};
    for (int rank = 0; rank < k.ranks; ++rank) all.maximum = std::max(all.maximum, k.parts[rank * k.rows + r].maximum);
    for (int rank = 0; rank < k.ranks; ++rank) {
      const SoftmaxPart& part = k.parts[rank * k.rows + r];
      all.sum += part.sum * std::exp(part.maximum - all.maximum);
      all.target += part.target;
    }
    k.losses[r] = loss_of(all);
    if (!k.scale) continue;
    const float maximum = k.parts[k.rank * k.rows + r].maximum;
    const float factor = *k.scale * std::exp(maximum - all.maximum) / all.sum;
    gradient_of(x, k.columns, target, k.soft_cap, maximum, factor, *k.scale);
  }
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::kernels {
HWY_EXPORT(softmax_cross_entropy_rows);
HWY_EXPORT(partial_softmax_rows);
HWY_EXPORT(finish_softmax_rows);
void SoftmaxCrossEntropy::cpu_rows(const SoftmaxCrossEntropy& k, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(softmax_cross_entropy_rows)(k, begin, end);
}
void PartialSoftmax::cpu_rows(const PartialSoftmax& k, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(partial_softmax_rows)(k, begin, end);
}
void FinishSoftmax::cpu(const FinishSoftmax& k) {
  constexpr int64_t kRows = 16;
  pool().parallel_for((k.rows + kRows - 1) / kRows, [&](int64_t block) {
    HWY_DYNAMIC_DISPATCH(finish_softmax_rows)(k, block * kRows, std::min(k.rows, (block + 1) * kRows));
  });
}
}  // namespace persea::kernels
#endif
