// Ranks that are threads of one process: what tests of the whole run on, and the plain form of what a link has to do.
// It copies under one lock and is not made for speed.
#pragma once

#include <memory>
#include <vector>

#include "comm/ranks.h"

namespace persea {

// Ranks 0 to size - 1, each for one thread. Destroying one of them is its end, which the others see.
std::vector<std::unique_ptr<Ranks>> thread_ranks(int size);

}  // namespace persea
