// How much text a recipe's corpus holds and what it will cost to make tokens of it, estimated from a sample.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "text/tokenizer.h"
#include "train/recipe.h"

namespace persea {

struct Preparation {
  int64_t text_bytes = 0, tokens = 0, validation_tokens = 0;
  int64_t vocab = 0;
  double seconds = 0;   // of the stages before training
  Tokenizer tokenizer;  // learnt from the sample, of at most `vocab` tokens
};

// Reads or writes a few megabytes of the corpus, learns a vocabulary from them and encodes them.
Result<Preparation> estimate_preparation(const Recipe& recipe);

}  // namespace persea
