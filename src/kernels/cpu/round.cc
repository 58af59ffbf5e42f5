#include "kernels/round.h"

#include <algorithm>

#include "base/threads.h"

namespace persea::kernels {

void Round::cpu(const Round& k) {
  constexpr int64_t kRange = 65536;
  pool().parallel_for((k.count + kRange - 1) / kRange, [&](int64_t block) {
    for (int64_t i = block * kRange; i < std::min(k.count, (block + 1) * kRange); ++i)
      k.to[i].bits = element(k.x[i], k.stochastic, k.seed, i);
  });
}

}  // namespace persea::kernels
