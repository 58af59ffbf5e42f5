// Decodes a stream of ids for people: what it gives is always valid UTF-8 and never ends in the middle of a character.
// Together its pieces are to_valid_utf8() of all tokens' bytes: what goes on a text keeps the space that it begins
// with.
#pragma once

#include <cstdint>
#include <string>

#include "text/tokenizer.h"

namespace persea {

class StreamingDecoder {
 public:
  // `skip_special`: special tokens give no text.
  explicit StreamingDecoder(Tokenizer tokenizer, bool skip_special = true)
      : tokenizer_(std::move(tokenizer)), skip_special_(skip_special) {}

  std::string push(int32_t id);  // the characters that this token completes, "" where there are none yet
  std::string finish();          // the unfinished rest as U+FFFD, or ""; ready for the next stream

 private:
  Tokenizer tokenizer_;
  bool skip_special_;
  std::string pending_;  // the beginning of a character
};

}  // namespace persea
