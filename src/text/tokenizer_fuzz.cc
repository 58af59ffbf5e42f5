// tokenizer.json of any content: it is an error or a tokenizer that gives text back.
#include <cstdlib>

#include "text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = persea::Tokenizer::parse(input, "input");
  if (!tokenizer) return 0;
  const auto& pieces = tokenizer->parts().pieces;
  // A space is not put before one, or "▁" is none: then a text is not what it was.
  const bool exact = pieces ? (pieces->doubled || pieces->space == persea::SentencePieces::Space::nowhere) &&
                                  input.find(persea::kSpaceMark) == input.npos
                            : !tokenizer->parts().nfc;
  if (exact && tokenizer->decode(tokenizer->encode(input)) != input) std::abort();
  (void)tokenizer->encode_with_specials(input);
  if (!persea::Tokenizer::parse(tokenizer->to_json(), "again")) std::abort();
  return 0;
}
