// The ranks of a job as a grid: neighbours, `tensor_ranks` of them, hold slices of one copy of a model (tensor
// parallelism), and the ranks with the same place among such neighbours share the rows of a batch (data parallelism).
// It says who belongs to whom; what they do together is theirs.
#pragma once

#include <memory>

#include "comm/ranks.h"

namespace persea {

class RankGrid {
 public:
  // Throws std::logic_error where `tensor_ranks` does not divide the world's ranks: check() says so to a user. The
  // world has to outlive it.
  RankGrid(Ranks& world, int tensor_ranks);

  static Status check(const Ranks& world, int tensor_ranks);

  Ranks& world() { return world_; }
  Ranks& tensor() { return *tensor_; }               // those that hold one copy of the model together
  Ranks& data() { return data_ ? *data_ : world_; }  // those that hold the same slices
  // The number in the world of rank `tensor` of the neighbours that are rank `data` of the batch.
  int number(int data, int tensor) const { return data * tensor_->size() + tensor; }

 private:
  Ranks& world_;
  std::unique_ptr<Ranks> tensor_, data_;
};

}  // namespace persea
