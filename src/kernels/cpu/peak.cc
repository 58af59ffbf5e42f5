#include "kernels/peak.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/clock.h"
#include "base/threads.h"
#include "kernels/cpu/targets.h"
#include "tensor/tensor.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/peak.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace persea::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Returns the FLOPs done; 12 independent chains hide the latency. `out` keeps the compiler honest.
double multiply_adds(int64_t steps, float start, float* out) {
  const hn::ScalableTag<float> d;
  const auto x = hn::Set(d, start), y = hn::Set(d, 1e-4f);
  hn::Vec<decltype(d)> a[12];
  for (auto& chain : a) chain = x;
  for (int64_t i = 0; i < steps; ++i) {
#pragma GCC unroll 12
    for (int j = 0; j < 12; ++j) a[j] = hn::MulAdd(a[j], x, y);
  }
  auto sum = a[0];
  for (int j = 1; j < 12; ++j) sum = hn::Add(sum, a[j]);
  hn::StoreU(sum, d, out);
  return 2.0 * 12 * static_cast<double>(steps) * static_cast<double>(hn::MaxLanes(d));
}

void read(const float* x, int64_t count, float* out) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = hn::MaxLanes(d);
  hn::Vec<decltype(d)> sums[8];
  for (auto& sum : sums) sum = hn::Zero(d);
  for (int64_t i = 0; i + 8 * lanes <= count; i += 8 * lanes) {
#pragma GCC unroll 8
    for (int j = 0; j < 8; ++j) sums[j] = hn::Add(sums[j], hn::Load(d, x + i + j * lanes));
  }
  for (int j = 1; j < 8; ++j) sums[0] = hn::Add(sums[0], sums[j]);
  hn::StoreU(sums[0], d, out);
}

}  // namespace persea::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace persea::kernels {
HWY_EXPORT(multiply_adds);
HWY_EXPORT(read);

double MatrixPeak::cpu(const MatrixPeak& peak) { return measure_peak_gflops(peak.seconds).best; }

PeakGflops measure_peak_gflops(double seconds) {
  const int threads = pool().threads();
  std::vector<float> sinks(64 * threads);
  std::vector<double> flops(threads);
  PeakGflops peak;
  double done = 0;
  const double begin = wall_seconds();
  double now = begin;
  do {
    const double start = now;
    pool().run([&](int t) { flops[t] = HWY_DYNAMIC_DISPATCH(multiply_adds)(1000000, 0.999f, sinks.data() + 64 * t); });
    now = wall_seconds();
    const double total = std::accumulate(flops.begin(), flops.end(), 0.0);
    done += total;
    peak.best = std::max(peak.best, total / (now - start) * 1e-9);
  } while (now < begin + seconds);
  peak.mean = done / (now - begin) * 1e-9;
  return peak;
}

double ReadBandwidth::cpu(const ReadBandwidth& bandwidth) {
  const int threads = pool().threads();
  const int64_t count = int64_t{64} << 20, part = count / threads / 256 * 256;  // 256 MiB in all
  Tensor buffer = Tensor::zeros({count});
  std::vector<float> sinks(64 * threads);
  double best = 0;
  const double end = wall_seconds() + bandwidth.seconds;
  do {
    const double start = wall_seconds();
    pool().run([&](int t) { HWY_DYNAMIC_DISPATCH(read)(buffer.data() + t * part, part, sinks.data() + 64 * t); });
    best = std::max(best, 4.0 * static_cast<double>(part * threads) / (wall_seconds() - start) * 1e-9);
  } while (wall_seconds() < end);
  return best;
}

}  // namespace persea::kernels
#endif
