// Vocabularies in SentencePiece's manner as tokenizer.json and GGUF tell of them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "text/tokenizer.h"

namespace persea {

// Whether a tokenizer.json is of this kind: its model falls back to bytes.
bool has_pieces(const Json& document);
// What its normalizer, pre_tokenizer, decoder and vocabulary (ids by their spelling) say of spaces and bytes.
Result<SentencePieces> read_pieces(const Json& document, const std::unordered_map<std::string, int32_t>& ids,
                                   std::string_view where);

// The same for writing.
struct PiecesJson {
  Json normalizer, pre_tokenizer, decoder;
};
PiecesJson write_pieces(const SentencePieces& pieces);

// tokenizer.ggml.model = "llama": merges follow the scores of what they make.
Result<Tokenizer> pieces_from_gguf(const std::map<std::string, Json>& metadata, std::string_view where);
Result<std::vector<std::pair<std::string, Json>>> gguf_from_pieces(const Tokenizer& tokenizer);

}  // namespace persea
