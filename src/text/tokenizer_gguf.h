// The tokenizer in a GGUF file's metadata. A vocabulary of bytes is read as the tokenizer.json that means the same, so
// that one reader judges both; of SentencePiece's, see tokenizer_pieces.h. It refuses other kinds, and ways of
// splitting text that are not known.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "text/tokenizer.h"

namespace persea {

// `metadata`: the file's keys and values; `where` stands in messages.
Result<Json> tokenizer_json_from_gguf(const std::map<std::string, Json>& metadata, std::string_view where);
Result<Tokenizer> tokenizer_from_gguf(const std::map<std::string, Json>& metadata, std::string_view where);

// The reverse: keys and values that say what the tokenizer is, in their order. Fails where no way of splitting that
// other programs know is its own.
Result<std::vector<std::pair<std::string, Json>>> gguf_from_tokenizer(const Tokenizer& tokenizer);

}  // namespace persea
