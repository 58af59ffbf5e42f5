// Which device a user's word means, and whether no other will do.
#pragma once

#include <string_view>

#include "base/result.h"
#include "tensor/device.h"

namespace persea::kernels {

// "cpu", "cuda", or "auto": the GPU where one is present. An error where "cuda" has none, or for another word.
Result<Device> device_from(std::string_view name);

struct DeviceChoice {
  Device device = cpu_device;
  bool insists = true;  // else ("auto") what the GPU cannot do the CPU does
};

// The same of `device_from`'s words.
Result<DeviceChoice> device_choice_from(std::string_view name);

}  // namespace persea::kernels
