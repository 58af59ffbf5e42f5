// The experts of a layer: a router gives each token a few of many MLPs. It knows no attention and no norm, and how the
// products are shared among threads is theirs.
#pragma once

#include <cstdint>
#include <vector>

#include "infer/weight_matrix.h"

namespace persea {

struct Experts {
  WeightMatrix router;                 // [experts, dim]
  std::vector<WeightMatrix> up, down;  // of each: [2 hidden, dim] (gate rows first), [dim, hidden]
  int64_t active = 1;                  // experts that a token gets

  bool none() const { return up.empty(); }
  int64_t bytes_per_token() const;  // that one token makes a pass read

  // y += the outputs of each row's experts: those of the highest router logits, of two equal ones the first. An expert
  // gets the row times the sigmoid of its logit. x and y: [rows, dim], apart. A row is the same bits in any batch where
  // the weights are packed: its experts are added in their order.
  void add(int64_t rows, const float* x, float* y) const;
};

}  // namespace persea
