// All items of a file with the texts they hold: read in order, decoded on all threads. Memory is bounded by bytes, not
// by the number of items alone, since a few large ones are as much as many small ones.
#pragma once

#include <functional>

#include "base/result.h"
#include "read/decode.h"
#include "read/item_reader.h"

namespace persea::read {

// Calls `take` with each item in its order, on the calling thread. Holds 256 items or 16 MiB of them at a time, or one
// that is larger. Fails where `take` does; what the reader passed over, and its problem, are left with it.
Status decode_batches(ItemReader& reader, const ReadLimits& limits,
                      const std::function<Status(const Item& item, Decoded& decoded)>& take);

}  // namespace persea::read
