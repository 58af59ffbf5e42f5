// What a training step reads: rows of tokens with their targets, documents side by side without seeing each other.
#pragma once

#include <cstdint>
#include <vector>

namespace persea {

// All vectors have sequences * length elements, row by row.
struct PackedBatch {
  int sequences = 0, length = 0;
  std::vector<int32_t> tokens;
  std::vector<int32_t> targets;    // the token that follows; -1: ignored
  std::vector<int32_t> positions;  // restart at each document
  std::vector<int32_t>
      starts;  // index in its row of the first token of the token's document: attention sees none before
};

}  // namespace persea
