// The ranks of a tensor group as the ops ask for them: sums and collections over comm's ranks. Each rank adds up a
// range of the elements and gives the sums to the others, so that a sum moves as many bytes as a ring would.
#pragma once

#include "autograd/slice_group.h"
#include "comm/exchange.h"

namespace persea {

class RankSlices final : public SliceGroup {
 public:
  explicit RankSlices(Ranks& ranks) : ranks_(ranks), exchange_(ranks) {}

  int rank() const override { return ranks_.rank(); }
  int size() const override { return ranks_.size(); }
  void sum(const Tensor& tensor) override;
  void gather(const Tensor& own, const Tensor& all) override;
  void wait() override;

  // Seconds spent in the functions above so far: moving numbers and waiting for the others. Between GPUs sums move
  // while the CPU goes on, and this is what it waited for all the same.
  double seconds() const { return seconds_; }

 private:
  Ranks& ranks_;
  Exchange exchange_;
  double seconds_ = 0;
};

}  // namespace persea
