// The stages between a corpus and training: a tokenizer for it, and its tokens by that tokenizer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/lab.h"

namespace persea {

struct TokenizerSettings {
  std::string kind = "bpe";  // or "bytes": one token a byte
  int vocab_size = 4096;     // bpe: special tokens and the 256 bytes included
};

// Makes the artifact of kind "tokenizer" (tokenizer.json) from the training part of a corpus.
Result<StageResult> run_tokenizer_stage(Lab& lab, std::string_view corpus, const TokenizerSettings& settings,
                                        bool quiet = false);

struct ShardSettings {
  // Each document is a sequence of its own behind <|endoftext|>; false: the corpus is one stream without separators.
  bool separate = true;
};

// Makes the artifact of kind "tokens": train.tokens, valid.tokens and their documents. Markers in
// the text become special tokens where the corpus says that it may be trusted with them.
Result<StageResult> run_shard_stage(Lab& lab, std::string_view corpus, std::string_view tokenizer,
                                    const ShardSettings& settings, bool quiet = false);

}  // namespace persea
