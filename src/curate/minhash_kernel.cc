#include "curate/minhash_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "curate/minhash_kernel.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace persea::curate::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::CappedTag<uint32_t, kMinHashGroup>;

// Functions of kVectors vectors at once: their constants and minima stay in registers while the numbers pass.
template <size_t kVectors>
void lower_block(const uint32_t* HWY_RESTRICT numbers, size_t count, const uint32_t* HWY_RESTRICT factors,
                 const uint32_t* HWY_RESTRICT terms, uint32_t* HWY_RESTRICT least) {
  const Lanes d;
  const size_t lanes = hn::Lanes(d);
  const auto at = [&](const uint32_t* from, size_t i) { return hn::LoadU(d, from + i * lanes); };
  const auto zero = hn::Zero(d);
  auto f0 = at(factors, 0), t0 = at(terms, 0), m0 = at(least, 0);
  auto f1 = zero, t1 = zero, m1 = zero, f2 = zero, t2 = zero, m2 = zero, f3 = zero, t3 = zero, m3 = zero;
  if constexpr (kVectors > 1) f1 = at(factors, 1), t1 = at(terms, 1), m1 = at(least, 1);
  if constexpr (kVectors > 2) f2 = at(factors, 2), t2 = at(terms, 2), m2 = at(least, 2);
  if constexpr (kVectors > 3) f3 = at(factors, 3), t3 = at(terms, 3), m3 = at(least, 3);
  for (size_t i = 0; i < count; ++i) {
    const auto x = hn::Set(d, numbers[i]);
    m0 = hn::Min(m0, hn::Add(hn::Mul(f0, x), t0));
    if constexpr (kVectors > 1) m1 = hn::Min(m1, hn::Add(hn::Mul(f1, x), t1));
    if constexpr (kVectors > 2) m2 = hn::Min(m2, hn::Add(hn::Mul(f2, x), t2));
    if constexpr (kVectors > 3) m3 = hn::Min(m3, hn::Add(hn::Mul(f3, x), t3));
  }
  hn::StoreU(m0, d, least);
  if constexpr (kVectors > 1) hn::StoreU(m1, d, least + lanes);
  if constexpr (kVectors > 2) hn::StoreU(m2, d, least + 2 * lanes);
  if constexpr (kVectors > 3) hn::StoreU(m3, d, least + 3 * lanes);
}

void lower(const uint32_t* HWY_RESTRICT numbers, size_t count, const uint32_t* HWY_RESTRICT factors,
           const uint32_t* HWY_RESTRICT terms, uint32_t* HWY_RESTRICT least, size_t functions) {
  const size_t lanes = hn::Lanes(Lanes());
  size_t at = 0;
  for (; at + 4 * lanes <= functions; at += 4 * lanes)
    lower_block<4>(numbers, count, factors + at, terms + at, least + at);
  if (at + 2 * lanes <= functions) {
    if (at + 3 * lanes <= functions) return lower_block<3>(numbers, count, factors + at, terms + at, least + at);
    return lower_block<2>(numbers, count, factors + at, terms + at, least + at);
  }
  if (at < functions) lower_block<1>(numbers, count, factors + at, terms + at, least + at);
}

}  // namespace persea::curate::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::curate {

HWY_EXPORT(lower);

void lower_minima(const uint32_t* numbers, size_t count, const uint32_t* factors, const uint32_t* terms,
                  uint32_t* least, size_t functions) {
  HWY_DYNAMIC_DISPATCH(lower)(numbers, count, factors, terms, least, functions);
}

}  // namespace persea::curate
#endif
