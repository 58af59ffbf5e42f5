// Which device a user's word means.
#pragma once

#include <string_view>

#include "base/result.h"
#include "tensor/device.h"

namespace persea::kernels {

// "cpu", "cuda", or "auto": the GPU where one is present. An error where "cuda" has none, or for another word.
Result<Device> device_from(std::string_view name);

}  // namespace persea::kernels
