// SentencePiece's vocabularies in GGUF: each token has a score, and of all pairs that make a token the one of the
// highest score is merged first, the leftmost of equal ones. All merges follow from that.
#include <algorithm>
#include <cmath>

#include "text/tokenizer_pieces.h"
#include "text/unicode.h"

namespace persea {
namespace {

using Space = SentencePieces::Space;

constexpr int kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6;
constexpr size_t kLongestMerged = 512;  // bytes; a longer token is reached by no merge

const Json& value_of(const std::map<std::string, Json>& metadata, const char* key) {
  static const Json kNothing;
  const auto found = metadata.find(key);
  return found == metadata.end() ? kNothing : found->second;
}

bool is_list_of(const Json& list, size_t size, bool (Json::*is)() const noexcept) {
  return list.is_array() && list.size() == size &&
         std::all_of(list.begin(), list.end(), [&](const Json& item) { return (item.*is)(); });
}

struct Merge {
  float score;
  int32_t left, right;
};

// All ways to make a token of two.
std::vector<Merge> merges_of(const std::unordered_map<std::string_view, int32_t>& ids,
                             const std::vector<float>& scores) {
  std::vector<Merge> merges;
  for (const auto& [text, id] : ids) {
    if (text.size() > kLongestMerged) continue;
    const char *begin = text.data(), *end = begin + text.size();
    for (const char* p = begin + unicode::decode_utf8(begin, end).bytes; p < end;
         p += unicode::decode_utf8(p, end).bytes) {
      const auto left = ids.find(text.substr(0, static_cast<size_t>(p - begin)));
      const auto right = ids.find(text.substr(static_cast<size_t>(p - begin)));
      if (left == ids.end() || right == ids.end()) continue;
      merges.push_back({scores[static_cast<size_t>(id)], left->second, right->second});
    }
  }
  std::sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) {
    if (a.score != b.score) return a.score > b.score;
    return std::pair(a.left, a.right) < std::pair(b.left, b.right);
  });
  return merges;
}

// <0x0A>, as the file spells it; nothing else.
int byte_of(std::string_view text) {
  for (int byte = 0; byte < 256; ++byte)
    if (text == byte_piece(static_cast<unsigned char>(byte))) return byte;
  return -1;
}

}  // namespace

Result<Tokenizer> pieces_from_gguf(const std::map<std::string, Json>& metadata, std::string_view where) {
  const Json &tokens = value_of(metadata, "tokenizer.ggml.tokens"),
             &scores = value_of(metadata, "tokenizer.ggml.scores"),
             &types = value_of(metadata, "tokenizer.ggml.token_type");
  if (!is_list_of(tokens, tokens.size(), &Json::is_string) || tokens.empty())
    return fail("{}: tokenizer.ggml.tokens is missing or no list of texts", where);
  if (!is_list_of(scores, tokens.size(), &Json::is_number))
    return fail("{}: tokenizer.ggml.scores does not give each token a number", where);
  if (!is_list_of(types, tokens.size(), &Json::is_number_integer))
    return fail("{}: tokenizer.ggml.token_type does not give each token a number", where);

  TokenizerParts parts;
  SentencePieces& pieces = parts.pieces.emplace();
  pieces.space = value_of(metadata, "tokenizer.ggml.add_space_prefix") == false ? Space::nowhere : Space::each;
  pieces.bytes.fill(-1);
  parts.tokens.resize(tokens.size());
  std::vector<float> score(tokens.size());
  for (size_t id = 0; id < tokens.size(); ++id) {
    const auto type = types[id].get<int64_t>();
    const auto& text = tokens[id].get_ref<const std::string&>();
    const auto number = static_cast<int32_t>(id);
    score[id] = scores[id].get<float>();
    if (!std::isfinite(score[id])) return fail("{}: the score of token {} is no number", where, id);
    if (type == kUnused || text.empty()) continue;
    if (type == kControl || type == kUnknown || type == kUserDefined) {
      parts.added.push_back({number, text, type != kUserDefined});
      parts.tokens[id] = text;
    } else if (type == kByte) {
      const int byte = byte_of(text);
      if (byte < 0)
        return fail("{}: token {} is of the kind of bytes, but {} is none", where, id, canonical_json(text));
      pieces.bytes[static_cast<size_t>(byte)] = number;
    } else {
      parts.tokens[id] = piece_bytes(text);
    }
  }
  std::unordered_map<std::string_view, int32_t> ids;
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (types[id] == kNormal && !parts.tokens[id].empty()) ids.emplace(parts.tokens[id], static_cast<int32_t>(id));
  }
  float last = 0;
  uint32_t rank = 0;
  for (const Merge& merge : merges_of(ids, score)) {
    if (!parts.merges.empty() && merge.score != last) ++rank;
    last = merge.score;
    parts.merges.emplace_back(merge.left, merge.right);
    pieces.ranks.push_back(rank);
  }
  return Tokenizer::create(std::move(parts), where);
}

Result<std::vector<std::pair<std::string, Json>>> gguf_from_pieces(const Tokenizer& tokenizer) {
  const TokenizerParts& parts = tokenizer.parts();
  const SentencePieces& pieces = *parts.pieces;
  if (pieces.apart) return fail("no GGUF can say that this tokenizer's tokens never reach across a space");
  const auto count = static_cast<size_t>(tokenizer.vocab_size());
  Json tokens = Json::array(), types = Json::array(), scores = Json::array();
  for (size_t id = 0; id < count; ++id) {
    const std::string& bytes = parts.tokens[id];
    tokens.push_back(bytes.empty() ? fmt::format("[unused {}]", id) : piece_text(bytes));
    types.push_back(bytes.empty() ? kUnused : kNormal);
    scores.push_back(0.0);
  }
  // The earlier a token's first merge comes, the higher its score.
  std::unordered_map<std::string_view, size_t> ids;
  for (size_t id = 0; id < count; ++id)
    if (!parts.tokens[id].empty()) ids.emplace(parts.tokens[id], id);
  for (size_t byte = 0; byte < 256; ++byte) {
    const auto id = static_cast<size_t>(pieces.bytes[byte]);
    tokens[id] = byte_piece(static_cast<unsigned char>(byte));
    types[id] = kByte;
    const auto same = ids.find(parts.tokens[id]);
    if (same != ids.end() && same->second == id) ids.erase(same);
  }
  for (size_t id = 0; id < count; ++id)
    if (types[id] == kNormal) ids[parts.tokens[id]] = id;
  for (size_t merge = parts.merges.size(); merge-- > 0;) {
    const auto [left, right] = parts.merges[merge];
    const std::string made = parts.tokens[static_cast<size_t>(left)] + parts.tokens[static_cast<size_t>(right)];
    const size_t rank = merge < pieces.ranks.size() ? pieces.ranks[merge] : merge;
    scores[ids.at(made)] = -static_cast<double>(rank) - 1;
  }
  Json unknown;
  for (const AddedToken& token : parts.added) {
    const auto id = static_cast<size_t>(token.id);
    tokens[id] = token.content;
    types[id] = !token.special ? kUserDefined : token.content == "<unk>" ? kUnknown : kControl;
    if (types[id] == kUnknown) unknown = token.id;
  }
  std::vector<std::pair<std::string, Json>> metadata = {
      {"tokenizer.ggml.model", "llama"},
      {"tokenizer.ggml.pre", "default"},
      {"tokenizer.ggml.tokens", std::move(tokens)},
      {"tokenizer.ggml.scores", std::move(scores)},
      {"tokenizer.ggml.token_type", std::move(types)},
      {"tokenizer.ggml.add_space_prefix", pieces.space != Space::nowhere}};
  if (!unknown.is_null()) metadata.emplace_back("tokenizer.ggml.unknown_token_id", unknown);
  return metadata;
}

}  // namespace persea
