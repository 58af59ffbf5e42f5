// Elementary functions on vectors, for the kernels' inner loops. Included once for each instruction set.
#if defined(PERSEA_VECTOR_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef PERSEA_VECTOR_MATH_INL
#undef PERSEA_VECTOR_MATH_INL
#else
#define PERSEA_VECTOR_MATH_INL
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// e^x to about 2 units in the last place: 2^n * p(r) with r in [-ln2/2, ln2/2], p the Taylor polynomial to the sixth
// power. Exactly 0 below -87.3, clamped above 88.
template <class D, class V>
HWY_INLINE V exp_fast(D d, V x) {
  const hn::RebindToSigned<D> di;
  const auto small = hn::Lt(x, hn::Set(d, -87.3f));
  x = hn::Min(hn::Max(x, hn::Set(d, -87.3f)), hn::Set(d, 88.0f));
  const auto n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504f)));
  auto r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  auto p = hn::MulAdd(hn::Set(d, 1.0f / 720), r, hn::Set(d, 1.0f / 120));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 24));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 6));
  p = hn::MulAdd(p, r, hn::Set(d, 0.5f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  const auto scale = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, n), hn::Set(di, 127))));
  return hn::IfThenZeroElse(small, hn::Mul(p, scale));
}

// 1 / (1 + e^-x)
template <class D, class V>
HWY_INLINE V sigmoid_fast(D d, V x) {
  const auto one = hn::Set(d, 1.0f), two = hn::Set(d, 2.0f);
  const auto y = hn::Add(one, exp_fast(d, hn::Neg(x)));
  // A reciprocal estimate of 11 bits or more and two Newton steps cost a third of a division.
  auto r = hn::ApproximateReciprocal(y);
  r = hn::Mul(r, hn::NegMulAdd(y, r, two));
  return hn::Mul(r, hn::NegMulAdd(y, r, two));
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
