// How much memory tensors have taken.
#pragma once

#include <cstdint>

#include "tensor/device.h"

namespace persea {

// The most bytes that the allocator has held on this device at once: blocks in use, and those that it keeps.
int64_t peak_tensor_bytes(Device device);

}  // namespace persea
