// The whole model out of slices, for files and decoders, which know no other.
#pragma once

#include <memory>

#include "base/result.h"
#include "comm/rank_grid.h"
#include "nn/model.h"

namespace persea {

// By all ranks at once: the whole on rank 0, nothing on the others. It takes the memory of all weights there, so it is
// for when moments and gradients are gone.
Result<std::unique_ptr<Model>> gather_model(Model& slices, RankGrid& grid);

}  // namespace persea
