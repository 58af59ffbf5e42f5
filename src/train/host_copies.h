// Tensors of any device as a checkpoint wants them: on the CPU. Those that lie there are themselves, of others there is
// a copy, made once and filled when asked.
#pragma once

#include "train/checkpoint.h"

namespace persea {

class HostCopies {
 public:
  HostCopies() = default;
  explicit HostCopies(NamedTensors tensors) : tensors_(std::move(tensors)) {
    for (const auto& [name, tensor] : tensors_)
      copies_.emplace_back(name, tensor.device() == cpu_device ? tensor : Tensor(tensor.shape(), tensor.dtype()));
  }

  const NamedTensors& on_host() const { return copies_; }

  // From the device, before on_host() is read; and back to it, after it was filled.
  void fetch() const { copy(tensors_, copies_); }
  void put() const { copy(copies_, tensors_); }

 private:
  static void copy(const NamedTensors& from, const NamedTensors& to) {
    for (size_t i = 0; i < from.size(); ++i)
      if (!from[i].second.shares(to[i].second)) to[i].second.copy_from(from[i].second);
  }
  NamedTensors tensors_, copies_;
};

}  // namespace persea
