// A matrix product with row-wise kernels before and after it. On the CPU they run inside it, on rows that lie in cache;
// elsewhere one after the other.
#pragma once

#include <type_traits>

#include "kernels/gemm.h"
#include "kernels/launch.h"

namespace persea::kernels {

// No kernel at all.
struct Nothing {};

// `before` makes rows of the product's A, `after` uses up rows of its C; both have a cpu_rows.
template <class Before, class After>
void launch_product(Gemm gemm, const Before& before, const After& after, Device device) {
  constexpr bool has_before = !std::is_same_v<Before, Nothing>, has_after = !std::is_same_v<After, Nothing>;
  if (device.kind == Device::Kind::cpu) {
    if constexpr (has_before)
      gemm.before = [&before](int64_t begin, int64_t end) { Before::cpu_rows(before, begin, end); };
    if constexpr (has_after) gemm.after = [&after](int64_t begin, int64_t end) { After::cpu_rows(after, begin, end); };
    return Gemm::cpu(gemm);
  }
  if constexpr (has_before) launch(before, device);
  launch(gemm, device);
  if constexpr (has_after) launch(after, device);
}

}  // namespace persea::kernels
