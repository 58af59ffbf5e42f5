// The micro-kernel: a tile of C of MR rows and two vectors, held in registers over the whole depth. Included once for
// each instruction set. Measured with GCC 12 on AVX-512 at 96-98% of peak (8 x 32 over 256 products).
#if defined(PERSEA_MICRO_KERNEL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef PERSEA_MICRO_KERNEL_INL
#undef PERSEA_MICRO_KERNEL_INL
#else
#define PERSEA_MICRO_KERNEL_INL
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
inline constexpr int64_t kLanes = hn::MaxLanes(F32());
inline constexpr int64_t kTileColumns = 2 * kLanes;
// 16 vector registers hold 6 x 2 accumulators; 32 could hold 14 x 2, but 8 hide the latency and divide every shape.
inline constexpr int64_t kTileRows = HWY_TARGET == HWY_AVX3 ? 8 : 6;
inline constexpr int64_t kAheadWords = 4;

#if HWY_TARGET == HWY_AVX2
// GCC 12 schedules the AVX2 loop below to 62-88% of peak; this order of the 6 x 16 step keeps both FMA units busy.
// a: six rows from a, `a_row` bytes apart (third row at a3), stepping a_step bytes; b: 16 floats a step, packed.
inline void depth_loop_6x16(int64_t k, const float* a, int64_t a_row, int64_t a_step, const float* b, float* tile) {
  const float* a3 = reinterpret_cast<const float*>(reinterpret_cast<const char*>(a) + 3 * a_row);
  asm volatile(
      "vxorps %%ymm0,%%ymm0,%%ymm0\n\t"
      "vmovaps %%ymm0,%%ymm1\n\tvmovaps %%ymm0,%%ymm2\n\tvmovaps %%ymm0,%%ymm3\n\tvmovaps %%ymm0,%%ymm4\n\t"
      "vmovaps %%ymm0,%%ymm5\n\tvmovaps %%ymm0,%%ymm6\n\tvmovaps %%ymm0,%%ymm7\n\tvmovaps %%ymm0,%%ymm8\n\t"
      "vmovaps %%ymm0,%%ymm9\n\tvmovaps %%ymm0,%%ymm10\n\tvmovaps %%ymm0,%%ymm11\n\t"
      "test %[k],%[k]\n\tjz 2f\n\t.p2align 5\n1:\n\t"
      "vmovups (%[b]),%%ymm12\n\tvmovups 32(%[b]),%%ymm13\n\t"
      "vbroadcastss (%[a]),%%ymm14\n\tvbroadcastss (%[a],%[r]),%%ymm15\n\t"
      "vfmadd231ps %%ymm12,%%ymm14,%%ymm0\n\tvfmadd231ps %%ymm13,%%ymm14,%%ymm1\n\t"
      "vfmadd231ps %%ymm12,%%ymm15,%%ymm2\n\tvfmadd231ps %%ymm13,%%ymm15,%%ymm3\n\t"
      "vbroadcastss (%[a],%[r],2),%%ymm14\n\tvbroadcastss (%[a3]),%%ymm15\n\t"
      "vfmadd231ps %%ymm12,%%ymm14,%%ymm4\n\tvfmadd231ps %%ymm13,%%ymm14,%%ymm5\n\t"
      "vfmadd231ps %%ymm12,%%ymm15,%%ymm6\n\tvfmadd231ps %%ymm13,%%ymm15,%%ymm7\n\t"
      "vbroadcastss (%[a3],%[r]),%%ymm14\n\tvbroadcastss (%[a3],%[r],2),%%ymm15\n\t"
      "add %[s],%[a]\n\tadd %[s],%[a3]\n\tadd $64,%[b]\n\t"
      "vfmadd231ps %%ymm12,%%ymm14,%%ymm8\n\tvfmadd231ps %%ymm13,%%ymm14,%%ymm9\n\t"
      "vfmadd231ps %%ymm12,%%ymm15,%%ymm10\n\tvfmadd231ps %%ymm13,%%ymm15,%%ymm11\n\t"
      "dec %[k]\n\tjnz 1b\n2:\n\t"
      "vmovups %%ymm0,(%[t])\n\tvmovups %%ymm1,32(%[t])\n\tvmovups %%ymm2,64(%[t])\n\tvmovups %%ymm3,96(%[t])\n\t"
      "vmovups %%ymm4,128(%[t])\n\tvmovups %%ymm5,160(%[t])\n\tvmovups %%ymm6,192(%[t])\n\tvmovups %%ymm7,224(%[t])\n\t"
      "vmovups %%ymm8,256(%[t])\n\tvmovups %%ymm9,288(%[t])\n\tvmovups %%ymm10,320(%[t])\n\tvmovups "
      "%%ymm11,352(%[t])\n\t"
      : [a] "+r"(a), [a3] "+r"(a3), [b] "+r"(b), [k] "+r"(k)
      : [r] "r"(a_row), [s] "r"(a_step), [t] "r"(tile)
      : "memory", "cc", "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", "ymm8", "ymm9", "ymm10",
        "ymm11", "ymm12", "ymm13", "ymm14", "ymm15");
}
#endif

// What a 32-bit word of A and of B holds: an f32, or two bf16 that follow one another in the depth (the earlier one in
// the lower half), multiplied by AVX512_BF16's instruction or by two f32 steps.
enum class Word { f32, bf16_pair, bf16_pair_native };

template <Word W, class V>
HWY_INLINE void multiply_add(V a, V b, V& sum) {
  const F32 d;
  if constexpr (W == Word::f32) {
    sum = hn::MulAdd(a, b, sum);
#if HWY_TARGET == HWY_AVX3
  } else if constexpr (W == Word::bf16_pair_native) {  // no intrinsic: this target's flags lack the extension
    asm("vdpbf16ps %[b], %[a], %[sum]" : [sum] "+v"(sum.raw) : [a] "v"(a.raw), [b] "v"(b.raw));
#endif
  } else {
    const hn::RebindToUnsigned<F32> du;
    const auto high = hn::Set(du, 0xffff0000u), ua = hn::BitCast(du, a), ub = hn::BitCast(du, b);
    sum = hn::MulAdd(hn::BitCast(d, hn::ShiftLeft<16>(ua)), hn::BitCast(d, hn::ShiftLeft<16>(ub)), sum);
    sum = hn::MulAdd(hn::BitCast(d, hn::And(ua, high)), hn::BitCast(d, hn::And(ub, high)), sum);
  }
}

// C[MR x kTileColumns] (rows ldc apart) = or += the product of MR rows of A and k rows of B, in words. A's word (r, p)
// lies at a[r * a_row + p * a_step], B's row p at b + p * b_step. `ahead`, if any: kAheadWords * k words that a later
// call needs, brought into L2 on the way.
template <int MR, Word W = Word::f32>
HWY_INLINE void micro_kernel(int64_t k, const float* HWY_RESTRICT a, int64_t a_row, int64_t a_step,
                             const float* HWY_RESTRICT b, int64_t b_step, float* HWY_RESTRICT c, int64_t ldc, bool add,
                             const float* ahead = nullptr) {
  const F32 d;
#if HWY_TARGET == HWY_AVX2
  if (W == Word::f32 && MR == 6 && b_step == kTileColumns) {
    alignas(32) float tile[6 * 16];
    depth_loop_6x16(k, a, a_row * 4, a_step * 4, b, tile);
    for (int r = 0; r < 6; ++r)
      for (int h = 0; h < 2; ++h) {
        auto value = hn::Load(d, tile + r * 16 + h * 8);
        float* out = c + r * ldc + h * 8;
        hn::StoreU(add ? hn::Add(value, hn::LoadU(d, out)) : value, d, out);
      }
    return;
  }
#endif
  if (!ahead) ahead = b;
  hn::Vec<F32> acc[MR][2];
#pragma GCC unroll 8
  for (int r = 0; r < MR; ++r) acc[r][0] = acc[r][1] = hn::Zero(d);
  for (int64_t p = 0; p < k; ++p) {
    const auto b0 = hn::LoadU(d, b), b1 = hn::LoadU(d, b + kLanes);
    __builtin_prefetch(ahead + kAheadWords * p, 0, 2);
#pragma GCC unroll 8
    for (int r = 0; r < MR; ++r) {
      const auto x = hn::Set(d, a[r * a_row]);
      multiply_add<W>(x, b0, acc[r][0]);
      multiply_add<W>(x, b1, acc[r][1]);
    }
    a += a_step;
    b += b_step;
  }
#pragma GCC unroll 8
  for (int r = 0; r < MR; ++r) {
    float* out = c + r * ldc;
    if (add) {
      acc[r][0] = hn::Add(acc[r][0], hn::LoadU(d, out));
      acc[r][1] = hn::Add(acc[r][1], hn::LoadU(d, out + kLanes));
    }
    hn::StoreU(acc[r][0], d, out);
    hn::StoreU(acc[r][1], d, out + kLanes);
  }
}

// The same for `rows` in [1, kTileRows], chosen at run time.
template <Word W = Word::f32, int MR = kTileRows>
HWY_INLINE void micro_kernel_rows(int64_t rows, int64_t k, const float* a, int64_t a_row, int64_t a_step,
                                  const float* b, int64_t b_step, float* c, int64_t ldc, bool add,
                                  const float* ahead = nullptr) {
  if constexpr (MR > 1) {
    if (rows < MR) return micro_kernel_rows<W, MR - 1>(rows, k, a, a_row, a_step, b, b_step, c, ldc, add, ahead);
  }
  micro_kernel<MR, W>(k, a, a_row, a_step, b, b_step, c, ldc, add, ahead);
}

// 4 x 4 transpose: out[j * out_stride + i] = in[i * in_stride + j].
HWY_INLINE void transpose_4x4(const float* HWY_RESTRICT in, int64_t in_stride, float* HWY_RESTRICT out,
                              int64_t out_stride) {
  const hn::Full128<float> d;
  const hn::Repartition<uint64_t, decltype(d)> d64;
  const auto r0 = hn::LoadU(d, in), r1 = hn::LoadU(d, in + in_stride), r2 = hn::LoadU(d, in + 2 * in_stride),
             r3 = hn::LoadU(d, in + 3 * in_stride);
  const auto lo01 = hn::BitCast(d64, hn::InterleaveLower(d, r0, r1)),
             hi01 = hn::BitCast(d64, hn::InterleaveUpper(d, r0, r1));
  const auto lo23 = hn::BitCast(d64, hn::InterleaveLower(d, r2, r3)),
             hi23 = hn::BitCast(d64, hn::InterleaveUpper(d, r2, r3));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, lo01, lo23)), d, out);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, lo01, lo23)), d, out + out_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, hi01, hi23)), d, out + 2 * out_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, hi01, hi23)), d, out + 3 * out_stride);
}

// out[j * out_stride + i] = in[i * in_stride + j] for i < rows, j < columns. Whole cache lines of the input are used at
// once.
inline void transpose_block(const float* in, int64_t in_stride, int64_t rows, int64_t columns, float* out,
                            int64_t out_stride) {
  const int64_t whole = columns / 16 * 16, whole_rows = rows / 4 * 4;
  for (int64_t j = 0; j < whole; j += 16) {
    for (int64_t i = 0; i < whole_rows; i += 4)
      for (int64_t jj = j; jj < j + 16; jj += 4)
        transpose_4x4(in + i * in_stride + jj, in_stride, out + jj * out_stride + i, out_stride);
    for (int64_t jj = j; jj < j + 16; ++jj)
      for (int64_t i = whole_rows; i < rows; ++i) out[jj * out_stride + i] = in[i * in_stride + jj];
  }
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = whole; j < columns; ++j) out[j * out_stride + i] = in[i * in_stride + j];
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
