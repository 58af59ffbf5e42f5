// The rows of one sequence within a pass of a Decoder.
#pragma once

#include <cstdint>
#include <span>

#include "infer/kv_cache.h"

namespace persea {

constexpr int64_t kPassRows = 512;  // tokens in a pass: bounds the activations' memory

struct DecoderRun {
  KvCache* cache;
  std::span<const int32_t> tokens;
  int64_t row;     // of the first of them in this pass
  int64_t past;    // tokens of the sequence before them
  int64_t wanted;  // how many of them, the last ones, have their logits wanted
  int64_t logits;  // the row of the first of these
  float* hidden;   // [dim]; where not null, the final hidden states are added to it
  bool chosen;     // on a GPU: not the logits but the likeliest tokens are wanted; `logits` counts these then

  int64_t count() const { return static_cast<int64_t>(tokens.size()); }
  // How many of its rows, the last ones, anybody looks at when the layers are done: of the others the last layer makes
  // keys and values only.
  int64_t read() const { return hidden ? count() : wanted; }

  // Adds rows [count(), dim] of final hidden states, in the order of the tokens, however they come in runs.
  void add_hidden(const float* states, int64_t dim) const {
    for (int64_t r = 0; r < count(); ++r)
      for (int64_t i = 0; i < dim; ++i) hidden[i] += states[r * dim + i];
  }
};

}  // namespace persea
