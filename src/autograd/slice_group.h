// What ops ask of the ranks that hold a slice each of the weights they multiply with (tensor parallelism, Shoeybi et
// al. 2019): sums and collections of what each made of its slice. Who moves it is not said here. All ranks run the same
// ops in the same order, and have the same bits afterwards.
#pragma once

#include "tensor/tensor.h"

namespace persea {

// Where other ranks do not answer any more, the tensors stay what they are and the pass goes on: whoever runs it asks
// afterwards, and throws away what it made.
class SliceGroup {
 public:
  virtual ~SliceGroup() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // Each element becomes its sum over all ranks, in their order.
  virtual void sum(const Tensor& tensor) = 0;
  // `all` [size, shape of own...] becomes what all ranks gave, by rank.
  virtual void gather(const Tensor& own, const Tensor& all) = 0;
  // Until all of these are done or given up. On a GPU they only come before what it is asked for afterwards; whoever
  // wants to read a result on the CPU calls this first, because waiting for a GPU does not see a rank that died.
  virtual void wait() = 0;
};

}  // namespace persea
