#include "text/streaming_decoder.h"

#include <utility>

#include "text/unicode.h"

namespace persea {

std::string StreamingDecoder::push(int32_t id) {
  if (skip_special_ && tokenizer_.is_special(id)) return {};
  pending_ += tokenizer_.token_bytes(id);
  const size_t complete = pending_.size() - unicode::incomplete_suffix(pending_);
  std::string text = unicode::to_valid_utf8(std::string_view(pending_).substr(0, complete));
  pending_.erase(0, complete);
  return text;
}

std::string StreamingDecoder::finish() { return unicode::to_valid_utf8(std::exchange(pending_, {})); }

}  // namespace persea
