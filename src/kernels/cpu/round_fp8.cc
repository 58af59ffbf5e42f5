#include "kernels/round_fp8.h"

#include <algorithm>
#include <vector>

#include "base/threads.h"
#include "tensor/fp8.h"

namespace persea::kernels {

void RoundFp8::cpu(const RoundFp8& k) {
  if (k.down || k.scale) throw std::logic_error("RoundFp8: the CPU makes numbers without a scale, and no transpose");
  constexpr int64_t kRange = 65536;
  const int64_t count = k.rows * k.columns;
  const float* const x = k.x.f32();
  float* const to = k.along.f32();
  const auto each_range = [count](const auto& fn) {
    pool().parallel_for((count + kRange - 1) / kRange,
                        [&](int64_t i) { fn(i, i * kRange, std::min(count, (i + 1) * kRange)); });
  };
  std::vector<uint32_t> largest(static_cast<size_t>((count + kRange - 1) / kRange));  // as bits: NaN is above all
  each_range([&](int64_t range, int64_t begin, int64_t end) {
    uint32_t own = 0;
    for (int64_t i = begin; i < end; ++i) own = std::max(own, std::bit_cast<uint32_t>(x[i]) & 0x7fffffffU);
    largest[static_cast<size_t>(range)] = own;
  });
  const uint32_t of_all = count > 0 ? *std::max_element(largest.begin(), largest.end()) : 0;
  with_fp8(k.format, [&]<class F>(F) {
    const float scale = fp8_scale<F>(std::bit_cast<float>(of_all)), inverse = 1 / scale;
    each_range([&](int64_t, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] = scale * from_fp8(to_fp8<F>(x[i] * inverse));
    });
  });
}

}  // namespace persea::kernels
