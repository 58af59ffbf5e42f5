// What the GPUs of several ranks are asked to do together: floats that move between them, and sums of what arrived.
#pragma once

#include <cstdint>
#include <vector>

namespace persea {

struct GpuBatch {
  struct Move {
    float* data;
    int64_t count;
    int peer;  // the rank at the other end
  };
  // own = others[0] + ... + others[before - 1] + own + others[before] + ..., added up in this order.
  struct Sum {
    float* own;           // [count]
    const float* others;  // [parts, count]
    int64_t count;
    int before, parts;
  };
  std::vector<Move> sends, receives;
  std::vector<Sum> sums;  // once all moves are done
};

}  // namespace persea
