// Learns a byte-level BPE vocabulary from text (Sennrich, Haddow, Birch 2016), with the same merges as Hugging Face's
// `tokenizers` from the same words: the most frequent pair first, the lowest ids first among equals. Memory grows with
// the number of distinct words, not with the text. It refuses a vocabulary that the text does not suffice for.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/threads.h"
#include "text/tokenizer.h"

namespace persea {

// Puts the next piece of text into its argument (words do not reach across pieces), or says false at the end. Called by
// one thread at a time, not always the same.
using TextSource = std::function<Result<bool>(std::string&)>;

struct BpeTraining {
  int vocab_size = 32768;  // special tokens and the 256 bytes included
  Split split;
  std::vector<std::string> special_tokens;  // get the first ids
  int64_t min_frequency = 0;                // a rarer pair is not merged
  int max_token_bytes = 0;                  // a longer token is not made; 0: no limit
  int max_word_bytes = 4096;                // a longer word (encoded data, as a rule) is not learnt from
};

// What was seen, for reports.
struct BpeTrainingFacts {
  int64_t bytes = 0, words = 0, distinct_words = 0, long_words = 0;
};

Result<Tokenizer> train_bpe(const BpeTraining& training, const TextSource& source, ThreadPool& threads,
                            BpeTrainingFacts* facts = nullptr);

// The special tokens of Persea's own models, in the order of their ids.
inline constexpr std::string_view kEndOfText = "<|endoftext|>";  // stands before every document
inline constexpr std::string_view kEndOfTurn = "<|end|>";
std::vector<std::string> chat_special_tokens();  // end of text, system, user, assistant, end of turn

// A vocabulary of the special tokens and the 256 bytes alone, in the trainer's order: models of characters use it.
Tokenizer byte_tokenizer(const std::vector<std::string>& special_tokens);

}  // namespace persea
