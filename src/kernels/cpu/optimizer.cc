#include "kernels/optimizer.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/threads.h"
#include "kernels/cpu/targets.h"
#include "tensor/half.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/optimizer.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

double squared_norm(const float* x, int64_t count) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = hn::MaxLanes(d);
  double sum = 0;
  int64_t i = 0;
  // Short runs in float, added up in double: a fixed order and no loss over millions of elements.
  while (i + 64 * lanes <= count) {
    auto a = hn::Zero(d), b = hn::Zero(d);
    for (int step = 0; step < 32; ++step, i += 2 * lanes) {
      const auto u = hn::LoadU(d, x + i), v = hn::LoadU(d, x + i + lanes);
      a = hn::MulAdd(u, u, a);
      b = hn::MulAdd(v, v, b);
    }
    sum += hn::GetLane(hn::SumOfLanes(d, hn::Add(a, b)));
  }
  for (; i < count; ++i) sum += static_cast<double>(x[i]) * x[i];
  return sum;
}

template <class D>
HWY_INLINE void adamw_step(D d, const AdamW& k, int64_t i) {
  const auto g = hn::Mul(hn::LoadU(d, k.gradient + i), hn::Set(d, k.factor));
  auto m = hn::LoadU(d, k.m + i), v = hn::LoadU(d, k.v + i);
  m = hn::MulAdd(hn::Set(d, 1 - k.beta1), hn::Sub(g, m), m);
  v = hn::MulAdd(hn::Set(d, 1 - k.beta2), hn::Sub(hn::Mul(g, g), v), v);
  hn::StoreU(m, d, k.m + i);
  hn::StoreU(v, d, k.v + i);
  const auto w = hn::LoadU(d, k.weights + i);
  const auto root = hn::Sqrt(hn::Mul(v, hn::Set(d, 1 / k.correction2)));
  const auto update = hn::Div(hn::Mul(m, hn::Set(d, 1 / k.correction1)), hn::Add(root, hn::Set(d, k.eps)));
  hn::StoreU(hn::NegMulAdd(hn::Set(d, k.lr), hn::MulAdd(hn::Set(d, k.decay), w, update), w), d, k.weights + i);
}

void adamw(const AdamW& k, int64_t begin, int64_t end) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = hn::MaxLanes(d);
  int64_t i = begin;
  for (; i + lanes <= end; i += lanes) adamw_step(d, k, i);
  for (; i < end; ++i) adamw_step(hn::CappedTag<float, 1>(), k, i);
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::kernels {
HWY_EXPORT(squared_norm);
HWY_EXPORT(adamw);

constexpr int64_t kRange = 65536;

double SquaredNorm::cpu(const SquaredNorm& k) {
  std::vector<double> sums((k.count + kRange - 1) / kRange);
  pool().parallel_for(static_cast<int64_t>(sums.size()), [&](int64_t i) {
    sums[i] = HWY_DYNAMIC_DISPATCH(squared_norm)(k.x + i * kRange, std::min(kRange, k.count - i * kRange));
  });
  double sum = 0;
  for (double part : sums) sum += part;
  return sum;
}

double SquaredNorm::cpu_all(std::span<const SquaredNorm> all) {
  double sum = 0;
  for (const SquaredNorm& k : all) sum += cpu(k);
  return sum;
}

void InverseNorm::cpu(const InverseNorm& k) {
  *k.y = static_cast<float>(1 / (std::sqrt(SquaredNorm::cpu({k.count, k.x})) + k.eps));
}

void AdamW::cpu_all(std::span<const AdamW> all) {
  for (const AdamW& k : all) cpu(k);
}

void AdamW::cpu(const AdamW& k) {
  pool().parallel_for((k.count + kRange - 1) / kRange, [&](int64_t i) {
    const int64_t begin = i * kRange, end = std::min(k.count, begin + kRange);
    HWY_DYNAMIC_DISPATCH(adamw)(k, begin, end);
    for (int64_t at = begin; k.rounded && at < end; ++at) k.rounded[at].bits = to_bf16(k.weights[at]);
  });
}

}  // namespace persea::kernels
#endif
