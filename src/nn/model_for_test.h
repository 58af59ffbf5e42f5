// A model that takes milliseconds and batches of random tokens, for tests.
#pragma once

#include "base/random.h"
#include "nn/model.h"

namespace persea {

inline ModelConfig tiny() {
  ModelConfig config;
  config.vocab = 29;
  config.dim = 24;
  config.layers = 2;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 6;
  config.hidden = 40;
  config.context = 64;
  return config;
}

struct Batch {
  std::vector<int32_t> tokens, targets, positions, starts;
  int64_t sequences, length;
  Batch(int64_t sequences, int64_t length, int64_t vocab, uint64_t seed) : sequences(sequences), length(length) {
    Random random(seed);
    for (int64_t i = 0; i < sequences * length; ++i) {
      tokens.push_back(static_cast<int32_t>(random.below(vocab)));
      targets.push_back(random.chance(0.1) ? -1 : static_cast<int32_t>(random.below(vocab)));
      positions.push_back(static_cast<int32_t>(i % length));
      starts.push_back(0);
    }
  }
  TokenBatch view(int64_t begin = 0, int64_t end = -1) const {
    const auto rows = static_cast<size_t>((end < 0 ? sequences : end) - begin),
               at = static_cast<size_t>(begin * length), n = rows * static_cast<size_t>(length);
    return {static_cast<int64_t>(rows), length,          {&tokens[at], n}, {&targets[at], n},
            {&positions[at], n},        {&starts[at], n}};
  }
};

}  // namespace persea
