// A tensor whose parts lie with several ranks, as a stream of bytes on rank 0: what files of whole tensors are written
// from, without a rank that holds one.
#pragma once

#include <functional>
#include <span>

#include "comm/ranks.h"
#include "nn/shards.h"

namespace persea {

// By all ranks at once: rank 0's `sink` gets the bytes of the whole in their order, a few megabytes at a time; the
// others send what they own. Parts that this rank owns have to lie on the CPU.
Status gather_tensor(const ShardedTensor& tensor, Ranks& ranks,
                     const std::function<void(std::span<const std::byte>)>& sink);

}  // namespace persea
