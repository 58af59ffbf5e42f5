// A kernel's arithmetic on the device where its tensors lie. A kernel is a struct of its arguments with one static
// function per device; a missing device is a missing function, and this is where it shows.
#pragma once

#include <span>
#include <stdexcept>

#include "tensor/device.h"

namespace persea::kernels {

// Throws std::logic_error where the kernel has no function for the device. On a GPU the work is only asked for.
template <class Kernel>
auto launch(const Kernel& kernel, Device device) {
  if (device.kind == Device::Kind::cpu) {
    if constexpr (requires { Kernel::cpu(kernel); }) return Kernel::cpu(kernel);
  } else if constexpr (cuda_built && requires { Kernel::cuda(kernel); }) {
    return Kernel::cuda(kernel);
  }
  throw std::logic_error("this kernel does not run on this device");
}

// The same of many kernels of one kind, which a GPU does in few launches.
template <class Kernel>
auto launch_all(std::span<const Kernel> all, Device device) {
  if (device.kind == Device::Kind::cpu) {
    if constexpr (requires { Kernel::cpu_all(all); }) return Kernel::cpu_all(all);
  } else if constexpr (cuda_built && requires { Kernel::cuda_all(all); }) {
    return Kernel::cuda_all(all);
  }
  throw std::logic_error("this kernel does not run on this device");
}

}  // namespace persea::kernels
