// Operands of products as 32-bit words, as the micro-kernel takes them: f32, or pairs of bf16 that follow one another
// in the depth. Included once for each instruction set.
#if defined(PERSEA_WORDS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef PERSEA_WORDS_INL
#undef PERSEA_WORDS_INL
#else
#define PERSEA_WORDS_INL
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <type_traits>

#include "kernels/cpu/micro_kernel-inl.h"
#include "kernels/precision.h"

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {

template <Word W>
inline constexpr int64_t kPerWord = W == Word::f32 ? 1 : 2;
template <Word W>
constexpr int64_t words_of(int64_t elements) {
  return (elements + kPerWord<W> - 1) / kPerWord<W>;
}

// Runs body with the words of a precision: body(std::integral_constant<Word, ...>).
template <class Body>
void with_words(Precision precision, const Body& body) {
  if (precision != Precision::bf16) return body(std::integral_constant<Word, Word::f32>());
#if HWY_TARGET == HWY_AVX3
  if (prefers_bf16()) return body(std::integral_constant<Word, Word::bf16_pair_native>());
#endif
  body(std::integral_constant<Word, Word::bf16_pair>());
}

// Two f32 rounded to nearest even bf16; `first` becomes the lower half.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V bf16_pair(D d, V first, V second) {
  const hn::RebindToUnsigned<D> du;
  const auto round = [du](auto bits) HWY_ATTR {
    const auto even = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1u));
    return hn::Add(bits, hn::Add(hn::Set(du, 0x7fffu), even));
  };
  const auto high = hn::And(round(hn::BitCast(du, second)), hn::Set(du, 0xffff0000u));
  return hn::BitCast(d, hn::Or(high, hn::ShiftRight<16>(round(hn::BitCast(du, first)))));
}

// A vector of words whose elements lie at `at` and, the second ones of pairs, one `stride` further; `last` leaves those
// out.
template <Word W, class D>
HWY_INLINE hn::Vec<D> load_across(D d, const float* at, int64_t stride, bool last) {
  if constexpr (W == Word::f32) return hn::LoadU(d, at);
  return bf16_pair(d, hn::LoadU(d, at), last ? hn::Zero(d) : hn::LoadU(d, at + stride));
}

using One = hn::CappedTag<float, 1>;

// `count` elements that lie together become pairs; out may be in.
inline void pair_along(const float* in, int64_t count, float* out) {
  const F32 d;
  int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    const auto low = hn::LoadU(d, in + i), high = hn::LoadU(d, in + i + kLanes);
    hn::StoreU(bf16_pair(d, hn::ConcatEven(d, high, low), hn::ConcatOdd(d, high, low)), d, out + i / 2);
  }
  for (; i < count; i += 2)
    hn::StoreU(load_across<Word::bf16_pair>(One(), in + i, 1, i + 1 == count), One(), out + i / 2);
}

// Rows of `columns` elements, a multiple of the vector, become half as many rows of pairs; out may be in.
inline void pair_across(const float* in, int64_t rows, int64_t columns, float* out) {
  const F32 d;
  for (int64_t r = 0; r < rows; r += 2)
    for (int64_t c = 0; c < columns; c += kLanes)
      hn::StoreU(load_across<Word::bf16_pair>(d, in + r * columns + c, columns, r + 1 == rows), d,
                 out + r / 2 * columns + c);
}

// out[w * out_stride + r] = word w of row r; rows have `count` elements.
template <Word W>
void transpose_words(const float* in, int64_t in_stride, int64_t rows, int64_t count, float* out, int64_t out_stride) {
  if constexpr (W == Word::f32) {
    transpose_block(in, in_stride, rows, count, out, out_stride);
  } else {
    constexpr int64_t kRows = 32, kWords = 64;
    float piece[kRows * kWords];
    for (int64_t r = 0; r < rows; r += kRows)
      for (int64_t w = 0; w < words_of<W>(count); w += kWords) {
        const int64_t some = std::min(kRows, rows - r), elements = std::min(2 * kWords, count - 2 * w);
        for (int64_t i = 0; i < some; ++i) pair_along(in + (r + i) * in_stride + 2 * w, elements, piece + i * kWords);
        transpose_block(piece, kWords, some, words_of<W>(elements), out + w * out_stride + r, out_stride);
      }
  }
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
