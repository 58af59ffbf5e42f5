// Tensors of any device as a checkpoint wants them: on the CPU. Those that lie there are themselves, of others there is
// a copy, made once and filled when asked.
#pragma once

#include "train/checkpoint.h"

namespace persea {

class HostCopies {
 public:
  HostCopies() = default;
  explicit HostCopies(ShardedTensors tensors) : tensors_(std::move(tensors)), copies_(tensors_) {
    for (ShardedTensor& copy : copies_) {
      for (ShardedTensor::Part& part : copy.parts) {
        if (part.local.defined() && part.local.device() != cpu_device)
          part.local = Tensor(part.local.shape(), part.local.dtype());
      }
    }
  }

  const ShardedTensors& on_host() const { return copies_; }

  // From the device, before on_host() is read; and back to it, after it was filled.
  void fetch() const { copy(tensors_, copies_); }
  void put() const { copy(copies_, tensors_); }

 private:
  static void copy(const ShardedTensors& from, const ShardedTensors& to) {
    for (size_t i = 0; i < from.size(); ++i) {
      for (size_t p = 0; p < from[i].parts.size(); ++p) {
        const Tensor &source = from[i].parts[p].local, &target = to[i].parts[p].local;
        if (source.defined() && !source.shares(target)) target.copy_from(source);
      }
    }
  }
  ShardedTensors tensors_, copies_;
};

}  // namespace persea
