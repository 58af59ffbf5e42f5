#include "text/tokenizer_gguf.h"

#include <algorithm>
#include <array>

#include "text/byte_level.h"
#include "text/split.h"
#include "text/tokenizer_pieces.h"

namespace persea {
namespace {

// What a file's word for the way of splitting text means.
struct Splitting {
  std::string_view name;
  Split split;
  bool nfc, ignore_merges;
};
constexpr std::array<Splitting, 11> kSplittings = {{{"gpt-2", {SplitRule::gpt2, 3}, false, false},
                                                    {"phi-2", {SplitRule::gpt2, 3}, false, false},
                                                    {"smollm", {SplitRule::gpt2_digits, 3}, false, false},
                                                    {"starcoder", {SplitRule::gpt2_digits, 3}, false, false},
                                                    {"llama-bpe", {SplitRule::gpt4, 3}, false, true},
                                                    {"llama3", {SplitRule::gpt4, 3}, false, true},
                                                    {"llama-v3", {SplitRule::gpt4, 3}, false, true},
                                                    {"smaug-bpe", {SplitRule::gpt4, 3}, false, false},
                                                    {"gpt-4o", {SplitRule::o200k, 3}, false, false},
                                                    {"llama4", {SplitRule::o200k, 3}, false, false},
                                                    {"qwen2", {SplitRule::gpt4, 1}, true, false}}};

// The kinds of token in tokenizer.ggml.token_type that are no text to be merged.
constexpr int kNormal = 1, kControl = 3, kUserDefined = 4, kUnused = 5;

const Json& value_of(const std::map<std::string, Json>& metadata, const char* key) {
  static const Json kNothing;
  const auto found = metadata.find(key);
  return found == metadata.end() ? kNothing : found->second;
}

bool is_list_of(const Json& list, bool (Json::*is)() const noexcept) {
  return list.is_array() && std::all_of(list.begin(), list.end(), [&](const Json& item) { return (item.*is)(); });
}

}  // namespace

Result<Json> tokenizer_json_from_gguf(const std::map<std::string, Json>& metadata, std::string_view where) {
  const Json& model = value_of(metadata, "tokenizer.ggml.model");
  if (model != "gpt2")
    return fail(
        "{}: tokenizer.ggml.model is {}; \"gpt2\", byte-level BPE, and \"llama\", SentencePiece's, are supported",
        where, canonical_json(model));
  const Json& pre = value_of(metadata, "tokenizer.ggml.pre");
  const auto splitting =
      std::find_if(kSplittings.begin(), kSplittings.end(), [&](const Splitting& s) { return pre == s.name; });
  if (splitting == kSplittings.end())
    return fail(
        "{}: tokenizer.ggml.pre is {}; gpt-2, smollm, llama-bpe, qwen2, llama4 and what splits like them are supported",
        where, canonical_json(pre));
  const Json &tokens = value_of(metadata, "tokenizer.ggml.tokens"),
             &merges = value_of(metadata, "tokenizer.ggml.merges"),
             &types = value_of(metadata, "tokenizer.ggml.token_type");
  if (!is_list_of(tokens, &Json::is_string) || tokens.empty())
    return fail("{}: tokenizer.ggml.tokens is missing or no list of texts", where);
  if (!is_list_of(merges, &Json::is_string))
    return fail("{}: tokenizer.ggml.merges is missing or no list of texts", where);
  if (!types.is_null() && (!is_list_of(types, &Json::is_number_integer) || types.size() != tokens.size()))
    return fail("{}: tokenizer.ggml.token_type does not give each token a number", where);

  Json vocab = Json::object(), added = Json::array();
  for (size_t id = 0; id < tokens.size(); ++id) {
    const auto type = types.is_null() ? kNormal : types[id].get<int64_t>();
    if (type == kUnused) continue;
    const auto& text = tokens[id].get_ref<const std::string&>();
    if (!vocab.emplace(text, id).second)
      return fail("{}: the tokens {} and {} are the same", where, vocab[text].dump(), id);
    if (type != kControl && type != kUserDefined) continue;
    added.push_back({{"id", id}, {"content", text}, {"special", type == kControl}, {"normalized", false}});
  }
  const bool digits = splitting->split.rule == SplitRule::gpt2_digits;
  const bool gpt2 = digits || splitting->split.rule == SplitRule::gpt2;
  Json pre_tokenizer = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", gpt2}};
  if (digits) {
    const Json each = {{"type", "Digits"}, {"individual_digits", true}};
    pre_tokenizer = {{"type", "Sequence"}, {"pretokenizers", {each, pre_tokenizer}}};
  } else if (!gpt2) {
    const Json split = {{"type", "Split"},
                        {"pattern", {{"Regex", split_pattern(splitting->split)}}},
                        {"behavior", "Isolated"},
                        {"invert", false}};
    pre_tokenizer = {{"type", "Sequence"}, {"pretokenizers", {split, pre_tokenizer}}};
  }
  return Json{
      {"added_tokens", added},
      {"normalizer", splitting->nfc ? Json{{"type", "NFC"}} : Json()},
      {"pre_tokenizer", pre_tokenizer},
      {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", merges}, {"ignore_merges", splitting->ignore_merges}}}};
}

Result<std::vector<std::pair<std::string, Json>>> gguf_from_tokenizer(const Tokenizer& tokenizer) {
  const TokenizerParts& parts = tokenizer.parts();
  if (parts.pieces) return gguf_from_pieces(tokenizer);
  const auto splitting = std::find_if(kSplittings.begin(), kSplittings.end(), [&](const Splitting& s) {
    return s.split.rule == parts.split.rule && s.split.digits == parts.split.digits &&
           s.ignore_merges == parts.ignore_merges;
  });
  if (splitting == kSplittings.end())
    return fail("no GGUF can say how this tokenizer splits text: {}", split_name(parts.split));
  Json tokens = Json::array(), types = Json::array(), merges = Json::array();
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    const std::string& bytes = parts.tokens[static_cast<size_t>(id)];
    tokens.push_back(bytes.empty() ? fmt::format("[unused {}]", id) : byte_level_text(bytes));
    types.push_back(bytes.empty() ? kUnused : kNormal);
  }
  for (const AddedToken& token : parts.added) {
    tokens[static_cast<size_t>(token.id)] = token.content;
    types[static_cast<size_t>(token.id)] = token.special ? kControl : kUserDefined;
  }
  for (const auto& [left, right] : parts.merges) {
    merges.push_back(byte_level_text(parts.tokens[static_cast<size_t>(left)]) + ' ' +
                     byte_level_text(parts.tokens[static_cast<size_t>(right)]));
  }
  return std::vector<std::pair<std::string, Json>>{{"tokenizer.ggml.model", "gpt2"},
                                                   {"tokenizer.ggml.pre", std::string(splitting->name)},
                                                   {"tokenizer.ggml.tokens", std::move(tokens)},
                                                   {"tokenizer.ggml.token_type", std::move(types)},
                                                   {"tokenizer.ggml.merges", std::move(merges)}};
}

Result<Tokenizer> tokenizer_from_gguf(const std::map<std::string, Json>& metadata, std::string_view where) {
  if (value_of(metadata, "tokenizer.ggml.model") == "llama") return pieces_from_gguf(metadata, where);
  PERSEA_TRY(const Json document, tokenizer_json_from_gguf(metadata, where));
  return Tokenizer::from_json(document, where);
}

}  // namespace persea
