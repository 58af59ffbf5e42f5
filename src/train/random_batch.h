// Batches of random tokens of the shape that training has, for measuring: they cost what real ones cost and teach
// nothing.
#pragma once

#include "base/random.h"
#include "data/packed_batch.h"

namespace persea {

// Each row is one document.
PackedBatch random_batch(int64_t sequences, int64_t length, int64_t vocab, Random& random);

}  // namespace persea
