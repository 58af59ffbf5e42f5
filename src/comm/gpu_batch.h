// What the GPUs of several ranks are asked to do together: bytes that move between them, and sums of what arrived.
#pragma once

#include <cstdint>
#include <vector>

#include "tensor/dtype.h"

namespace persea {

struct GpuBatch {
  struct Move {
    void* data;
    int64_t bytes;
    int peer;  // the rank at the other end
  };
  // own = others[0] + ... + others[before - 1] + own + others[before] + ..., added up in this order in f32 and rounded
  // once.
  struct Sum {
    void* own;           // [count]
    const void* others;  // [parts, count]
    DType dtype;         // f32 or bf16
    int64_t count;
    int before, parts;
  };
  std::vector<Move> sends, receives;
  std::vector<Sum> sums;  // once all moves are done
};

}  // namespace persea
