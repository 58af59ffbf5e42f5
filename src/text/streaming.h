// Ids to text one by one: a character whose bytes lie in several tokens comes out when its last byte is there, never a part.
#pragma once

#include <cstdint>
#include <string>

#include "text/tokenizer.h"

namespace persea {

class StreamingDecoder {
 public:
  explicit StreamingDecoder(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  // The text that is whole after this token: valid UTF-8, U+FFFD for bytes that no later one can make a character.
  std::string feed(int32_t id);
  // The end: U+FFFD for a character that was begun.
  std::string finish();

 private:
  Tokenizer tokenizer_;  // shares its tables
  std::string held_;
};

}  // namespace persea
