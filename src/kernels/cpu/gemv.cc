#include "kernels/gemv.h"

#include <algorithm>

#include "base/threads.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/gemv.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Dot products of R rows of w with M rows of x. Two vectors a step keep enough sums in flight for M = 1; every (R, M)
// adds in the same order, so that a row's result does not depend on how rows are grouped.
template <int R, int M>
HWY_INLINE void dots(const Gemv& g, int64_t row, int64_t column) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = hn::MaxLanes(d), k = g.k, whole = k / (2 * lanes) * (2 * lanes);
  V even[R][M], odd[R][M];
  for (int r = 0; r < R; ++r)
    for (int m = 0; m < M; ++m) even[r][m] = odd[r][m] = hn::Zero(d);
  const float* w = g.w + column * k;
  const float* x = g.x + row * k;
  for (int64_t i = 0; i < whole; i += 2 * lanes) {
    for (int half = 0; half < 2; ++half) {
      V xs[M];
      for (int m = 0; m < M; ++m) xs[m] = hn::LoadU(d, x + m * k + i + half * lanes);
      for (int r = 0; r < R; ++r) {
        const V ws = hn::LoadU(d, w + r * k + i + half * lanes);
        for (int m = 0; m < M; ++m) {
          V& sum = half == 0 ? even[r][m] : odd[r][m];
          sum = hn::MulAdd(ws, xs[m], sum);
        }
      }
    }
  }
  for (int r = 0; r < R; ++r)
    for (int m = 0; m < M; ++m) {
      float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(even[r][m], odd[r][m])));
      for (int64_t i = whole; i < k; ++i) sum += w[r * k + i] * x[m * k + i];
      float* y = g.y + (row + m) * g.n + column + r;
      *y = g.accumulate ? *y + sum : sum;
    }
}

template <int R>
HWY_INLINE void rows_of_x(const Gemv& g, int64_t column) {
  int64_t row = 0;
  for (; row + 2 <= g.m; row += 2) dots<R, 2>(g, row, column);
  if (row < g.m) dots<R, 1>(g, row, column);
}

// Columns [begin, end) of y, that is rows of w: four at a time, all of x against them while they are in the nearest
// cache.
void gemv_columns(const Gemv& g, int64_t begin, int64_t end) {
  int64_t column = begin;
  for (; column + 4 <= end; column += 4) rows_of_x<4>(g, column);
  for (; column < end; ++column) rows_of_x<1>(g, column);
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::kernels {

HWY_EXPORT(gemv_columns);

void Gemv::cpu(const Gemv& g) {
  constexpr int64_t kAlone = 131072;  // products that one thread has done before another would be awake
  ThreadPool& threads = pool();
  if (g.m * g.n * g.k <= kAlone || threads.threads() == 1) return HWY_DYNAMIC_DISPATCH(gemv_columns)(g, 0, g.n);
  const int64_t share = (g.n + threads.threads() * 4 - 1) / (threads.threads() * 4) * 4;
  threads.run([&](int thread) {
    HWY_DYNAMIC_DISPATCH(gemv_columns)(g, std::min(g.n, thread * share), std::min(g.n, (thread + 1) * share));
  });
}

}  // namespace persea::kernels
#endif
