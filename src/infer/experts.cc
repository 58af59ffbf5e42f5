#include "infer/experts.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "infer/shared_rows.h"
#include "kernels/rows.h"

namespace persea {
namespace {

struct Share {  // a row that an expert gets
  int64_t row;
  float factor;
};

// Who gets which rows.
std::vector<std::vector<Share>> route(const Tensor& logits, int64_t active) {
  const int64_t experts = logits.columns();
  std::vector<std::vector<Share>> shares(static_cast<size_t>(experts));
  std::vector<int64_t> order(static_cast<size_t>(experts));
  for (int64_t row = 0; row < logits.rows(); ++row) {
    const float* scores = logits.data() + row * experts;
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + active, order.end(),
                      [&](int64_t a, int64_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
    for (int64_t i = 0; i < active; ++i) {
      const int64_t expert = order[static_cast<size_t>(i)];
      shares[static_cast<size_t>(expert)].push_back({row, 1 / (1 + std::exp(-scores[expert]))});
    }
  }
  return shares;
}

}  // namespace

int64_t Experts::bytes_per_token() const {
  return none() ? 0 : router.bytes() + active * (up[0].bytes() + down[0].bytes());
}

void Experts::add(int64_t rows, const float* x, float* y) const {
  const int64_t dim = router.columns(), hidden = down[0].columns();
  const Tensor logits = Tensor({shared_rows(rows), router.rows()}).slice(0, rows);
  router.multiply(rows, x, logits.data(), false);
  const std::vector<std::vector<Share>> shares = route(logits, active);
  size_t most = 0;
  for (const auto& own : shares) most = std::max(most, own.size());
  const int64_t room = shared_rows(static_cast<int64_t>(most));
  const Tensor in({room, dim}), wide({room, 2 * hidden}), narrow({room, hidden}), out({room, dim});
  for (size_t expert = 0; expert < shares.size(); ++expert) {
    const std::vector<Share>& own = shares[expert];
    const auto count = static_cast<int64_t>(own.size());
    if (count == 0) continue;
    for (int64_t i = 0; i < count; ++i) {
      const auto& [row, factor] = own[static_cast<size_t>(i)];
      for (int64_t c = 0; c < dim; ++c) in.data()[i * dim + c] = x[row * dim + c] * factor;
    }
    up[expert].multiply(count, in.data(), wide.data(), false);
    kernels::SwiGlu::cpu({count, hidden, wide.data(), narrow.data()});
    down[expert].multiply(count, narrow.data(), out.data(), false);
    for (int64_t i = 0; i < count; ++i) {
      float* to = y + own[static_cast<size_t>(i)].row * dim;
      for (int64_t c = 0; c < dim; ++c) to[c] += out.data()[i * dim + c];
    }
  }
}

}  // namespace persea
