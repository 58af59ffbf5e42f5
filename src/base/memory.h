// How much memory this process may use: the machine's, or its container's where that is less. It measures nothing.
#pragma once

#include <cstdint>

namespace persea {

int64_t usable_memory();  // bytes

}  // namespace persea
