#include "text/streaming.h"

#include <utility>

#include "text/unicode.h"

namespace persea {

std::string StreamingDecoder::feed(int32_t id) {
  held_ += tokenizer_.token_bytes(id);
  const size_t whole = held_.size() - unicode::incomplete_suffix(held_);
  std::string text = unicode::to_valid_utf8(std::string_view(held_).substr(0, whole));
  held_.erase(0, whole);
  return text;
}

std::string StreamingDecoder::finish() { return unicode::to_valid_utf8(std::exchange(held_, {})); }

}  // namespace persea
