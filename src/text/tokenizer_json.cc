// tokenizer.json, read and written. Only what is meant exactly as it is understood here is accepted; anything else is
// named.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "text/byte_level.h"
#include "text/tokenizer.h"
#include "text/tokenizer_pieces.h"

namespace persea {
namespace {

constexpr int64_t kHighestId = (int64_t{1} << 26) - 1;

using IdOf = std::unordered_map<std::string, int32_t>;  // by the vocabulary's own spelling

bool unset(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() || it->is_null() || *it == "" || *it == false || *it == 0;
}

std::string type_of(const Json& object) {
  const auto it = object.is_object() ? object.find("type") : object.end();
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

bool flag(const Json& object, const char* key, bool otherwise) {
  const auto it = object.find(key);
  return it != object.end() && it->is_boolean() ? it->get<bool>() : otherwise;
}

Result<bool> read_normalizer(const Json& normalizer, std::string_view where) {
  if (normalizer.is_null()) return false;
  const std::string type = type_of(normalizer);
  if (type == "NFC") return true;
  if (type == "Sequence" && normalizer.contains("normalizers") && normalizer["normalizers"].is_array()) {
    const Json& all = normalizer["normalizers"];
    if (all.empty()) return false;
    if (std::all_of(all.begin(), all.end(), [](const Json& one) { return type_of(one) == "NFC"; })) return true;
  }
  return fail("{}: the normalizer {} is not supported, only NFC or none", where, canonical_json(normalizer));
}

// ByteLevel alone, or a Split by a known pattern and then ByteLevel.
Result<Split> read_pre_tokenizer(const Json& pre, std::string_view where) {
  const auto refuse = [&](std::string_view what) {
    return fail(
        "{}: {}; supported are ByteLevel, single Digits with it, and Split by the GPT-2, GPT-4, Llama 3, Qwen 2 or "
        "Llama 4 pattern with "
        "ByteLevel",
        where, what);
  };
  std::vector<Json> steps;
  if (type_of(pre) == "Sequence" && pre.contains("pretokenizers") && pre["pretokenizers"].is_array()) {
    steps = pre["pretokenizers"].get<std::vector<Json>>();
  } else if (!pre.is_null()) {
    steps = {pre};
  }
  if (steps.empty() || steps.size() > 2 || type_of(steps.back()) != "ByteLevel")
    return refuse(fmt::format("the pre_tokenizer {:.200} is not supported", canonical_json(pre)));
  const Json& bytes = steps.back();
  if (flag(bytes, "add_prefix_space", true)) return refuse("a pre_tokenizer with add_prefix_space is not supported");
  const bool gpt2 = flag(bytes, "use_regex", true);
  if (gpt2 && steps.size() == 2 && type_of(steps[0]) == "Digits" && flag(steps[0], "individual_digits", false))
    return Split{SplitRule::gpt2_digits, 3};
  if (steps.size() == 1) return Split{gpt2 ? SplitRule::gpt2 : SplitRule::none, 3};
  const Json& split = steps[0];
  if (type_of(split) != "Split" || gpt2 || flag(split, "invert", false) ||
      split.value("behavior", Json()) != "Isolated")
    return refuse(fmt::format("the pre_tokenizer {:.200} is not supported", canonical_json(pre)));
  const Json pattern = split.value("pattern", Json());
  if (!pattern.is_object() || !pattern.contains("Regex") || !pattern["Regex"].is_string())
    return refuse("a Split without a Regex is not supported");
  if (const auto known = parse_split_pattern(pattern["Regex"].get<std::string>())) return *known;
  return refuse(
      fmt::format("the Split pattern {:.200} is not known", canonical_json(pattern["Regex"].get<std::string>())));
}

Result<IdOf> read_vocab(const Json& vocab, std::string_view where) {
  if (!vocab.is_object() || vocab.empty())
    return fail("{}: model.vocab is missing or no object of tokens and ids", where);
  IdOf ids;
  ids.reserve(vocab.size());
  for (const auto& [token, id] : vocab.items()) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() > kHighestId)
      return fail("{}: the id of the token {} is {}, not a number from 0 to {}", where, Json(token).dump(), id.dump(),
                  kHighestId);
    ids.emplace(token, id.get<int32_t>());
  }
  return ids;
}

// One merge, as "left right" or ["left", "right"].
Result<std::pair<int32_t, int32_t>> read_merge(std::string_view left, std::string_view right, const IdOf& ids,
                                               size_t rank, std::string_view where) {
  const auto a = ids.find(std::string(left)), b = ids.find(std::string(right));
  if (a == ids.end() || b == ids.end())
    return fail("{}: merge {} names {}, which is not in the vocabulary", where, rank,
                Json(std::string(a == ids.end() ? left : right)).dump(-1, ' ', false, Json::error_handler_t::replace));
  return std::pair(a->second, b->second);
}
Result<std::pair<int32_t, int32_t>> read_merge(std::string_view line, const IdOf& ids, size_t rank,
                                               std::string_view where) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return fail("{}: merge {} is no pair of tokens", where, rank);
  return read_merge(line.substr(0, space), line.substr(space + 1), ids, rank, where);
}

Result<std::vector<std::pair<int32_t, int32_t>>> read_merges(const Json& merges, const IdOf& ids,
                                                             std::string_view where) {
  if (!merges.is_array()) return fail("{}: model.merges is missing or no list", where);
  std::vector<std::pair<int32_t, int32_t>> pairs;
  pairs.reserve(merges.size());
  for (const Json& merge : merges) {
    const size_t rank = pairs.size();
    if (merge.is_string()) {
      PERSEA_TRY(auto pair, read_merge(merge.get_ref<const std::string&>(), ids, rank, where));
      pairs.push_back(pair);
    } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      PERSEA_TRY(auto pair, read_merge(merge[0].get_ref<const std::string&>(), merge[1].get_ref<const std::string&>(),
                                       ids, rank, where));
      pairs.push_back(pair);
    } else {
      return fail("{}: merge {} is no pair of tokens", where, rank);
    }
  }
  return pairs;
}

Result<std::vector<AddedToken>> read_added(const Json& list, const IdOf& ids, std::string_view where) {
  std::vector<AddedToken> added;
  if (list.is_null()) return added;
  if (!list.is_array()) return fail("{}: added_tokens is no list", where);
  for (const Json& item : list) {
    const Json content = item.is_object() ? item.value("content", Json()) : Json();
    const Json id = item.is_object() ? item.value("id", Json()) : Json();
    if (!content.is_string() || content == "" || !id.is_number_integer() || id.get<int64_t>() < 0 ||
        id.get<int64_t>() > kHighestId)
      return fail("{}: entry {} of added_tokens has no content or no id from 0 to {}", where, added.size(), kHighestId);
    AddedToken token{id.get<int32_t>(),           content.get<std::string>(),  flag(item, "special", false),
                     flag(item, "lstrip", false), flag(item, "rstrip", false), flag(item, "normalized", true)};
    if (flag(item, "single_word", false))
      return fail("{}: the added token {} is single_word, which is not supported", where, content.dump());
    const auto listed = ids.find(token.content);
    if (listed != ids.end() && listed->second != token.id)
      return fail("{}: the added token {} has the id {}, but {} in the vocabulary", where, content.dump(), token.id,
                  listed->second);
    added.push_back(std::move(token));
  }
  return added;
}

// The bytes of each id: of the vocabulary's tokens, of which no two share one. A token in characters that stand for no
// byte is an added one under its own name. Ids have no gaps that would cost memory for nothing.
Result<std::vector<std::string>> bytes_of(const IdOf& ids, const std::vector<AddedToken>& added, bool pieces,
                                          std::string_view where) {
  int64_t highest = 0;
  for (const auto& [token, id] : ids) highest = std::max<int64_t>(highest, id);
  for (const AddedToken& token : added) highest = std::max<int64_t>(highest, token.id);
  const auto count = static_cast<int64_t>(ids.size() + added.size());
  if (highest > 4 * count + 1024) return fail("{}: ids go up to {}, but there are {} tokens", where, highest, count);

  std::vector<const std::string*> token_at(highest + 1, nullptr);
  std::vector<std::string> tokens(highest + 1);
  for (const auto& [token, id] : ids) {
    if (const std::string* other = std::exchange(token_at[id], &token))
      return fail("{}: the tokens {} and {} share the id {}", where, Json(*other).dump(), Json(token).dump(), id);
    tokens[id] = pieces ? piece_bytes(token) : byte_level_bytes(token).value_or(token);
  }
  for (const AddedToken& token : added) {
    const std::string* listed = token_at[token.id];
    if (listed && *listed != token.content)
      return fail("{}: the added token {} has the id {} of another token", where, canonical_json(token.content),
                  token.id);
    if (listed) tokens[token.id] = token.content;  // spelt as it is, not by the alphabet of bytes
  }
  return tokens;
}

}  // namespace

Result<Tokenizer> Tokenizer::load(const fs::path& path) {
  PERSEA_TRY(const std::string text, read_file(path));
  return parse(text, path.string());
}

Result<Tokenizer> Tokenizer::parse(std::string_view json, std::string_view where) {
  PERSEA_TRY(const Json document, parse_json(json, where));
  return from_json(document, where);
}

Result<Tokenizer> Tokenizer::from_json(const Json& document, std::string_view where) {
  if (!document.is_object() || !document.contains("model") || !document["model"].is_object())
    return fail("{}: no tokenizer.json: it has no \"model\"", where);
  const Json& model = document["model"];
  // Older files leave the type away; only BPE has merges.
  if (const std::string type = type_of(model); type != "BPE" && !(type.empty() && model.contains("merges")))
    return fail("{}: the model type {} is not supported, only BPE", where, canonical_json(type));
  for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!unset(model, key)) return fail("{}: model.{} is not supported", where, key);
  }
  TokenizerParts parts;
  parts.ignore_merges = flag(model, "ignore_merges", false);
  PERSEA_TRY(const IdOf ids, read_vocab(model.value("vocab", Json()), where));
  if (has_pieces(document)) {
    PERSEA_TRY(parts.pieces, read_pieces(document, ids, where));
  } else {
    PERSEA_TRY(parts.nfc, read_normalizer(document.value("normalizer", Json()), where));
    PERSEA_TRY(parts.split, read_pre_tokenizer(document.value("pre_tokenizer", Json()), where));
  }
  PERSEA_TRY(parts.merges, read_merges(model.value("merges", Json()), ids, where));
  PERSEA_TRY(parts.added, read_added(document.value("added_tokens", Json()), ids, where));
  PERSEA_TRY(parts.tokens, bytes_of(ids, parts.added, parts.pieces.has_value(), where));
  parts.post_processor = document.value("post_processor", Json());
  return create(std::move(parts), where);
}

Result<Tokenizer> Tokenizer::parse_gpt2(std::string_view vocab_json, std::string_view merges_txt,
                                        std::string_view where) {
  TokenizerParts parts;
  parts.split.rule = SplitRule::gpt2;
  PERSEA_TRY(const Json vocab, parse_json(vocab_json, where));
  PERSEA_TRY(const IdOf ids, read_vocab(vocab, where));
  for (size_t begin = 0; begin < merges_txt.size();) {
    const size_t end = std::min(merges_txt.find('\n', begin), merges_txt.size());
    std::string_view line = merges_txt.substr(begin, end - begin);
    begin = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with("#version")) continue;
    PERSEA_TRY(auto pair, read_merge(line, ids, parts.merges.size(), where));
    parts.merges.push_back(pair);
  }
  if (const auto it = ids.find("<|endoftext|>"); it != ids.end()) parts.added.push_back({it->second, it->first});
  PERSEA_TRY(parts.tokens, bytes_of(ids, parts.added, false, where));
  return create(std::move(parts), where);
}

std::string Tokenizer::to_json() const {
  const TokenizerParts& own = parts();
  std::unordered_map<int32_t, const AddedToken*> added_at;
  Json added = Json::array();
  for (const AddedToken& token : own.added) {
    added_at[token.id] = &token;
    added.push_back({{"id", token.id},
                     {"content", token.content},
                     {"single_word", false},
                     {"lstrip", token.lstrip},
                     {"rstrip", token.rstrip},
                     {"normalized", token.normalized},
                     {"special", token.special}});
  }
  std::sort(added.begin(), added.end(), [](const Json& a, const Json& b) { return a["id"] < b["id"]; });
  const bool split_first = own.split.rule == SplitRule::gpt4 || own.split.rule == SplitRule::o200k;
  const Json bytes = {{"type", "ByteLevel"},
                      {"add_prefix_space", false},
                      {"trim_offsets", true},
                      {"use_regex", own.split.rule == SplitRule::gpt2 || own.split.rule == SplitRule::gpt2_digits}};
  Json pre = bytes, normalizer = own.nfc ? Json{{"type", "NFC"}} : Json();
  Json decoder = {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}};
  std::vector<int> byte_at(own.tokens.size(), -1);  // of tokens of single bytes
  if (own.pieces) {
    PiecesJson pieces = write_pieces(*own.pieces);
    normalizer = std::move(pieces.normalizer), pre = std::move(pieces.pre_tokenizer),
    decoder = std::move(pieces.decoder);
    for (int byte = 0; byte < 256; ++byte) byte_at[own.pieces->bytes[byte]] = byte;
  } else if (own.split.rule == SplitRule::gpt2_digits) {
    pre = {{"type", "Sequence"}, {"pretokenizers", {{{"type", "Digits"}, {"individual_digits", true}}, bytes}}};
  } else if (split_first) {
    const Json split = {{"type", "Split"},
                        {"pattern", {{"Regex", split_pattern(own.split)}}},
                        {"behavior", "Isolated"},
                        {"invert", false}};
    pre = {{"type", "Sequence"}, {"pretokenizers", {split, bytes}}};
  }

  // Vocabulary and merges line by line and in the order of ids and ranks, for people and for diff.
  const auto key = [&](int32_t id) {
    const auto it = added_at.find(id);
    if (it != added_at.end()) return Json(it->second->content).dump();
    if (byte_at[id] >= 0) return Json(byte_piece(static_cast<unsigned char>(byte_at[id]))).dump();
    return Json(own.pieces ? piece_text(own.tokens[id]) : byte_level_text(own.tokens[id])).dump();
  };
  std::string vocab, merges;
  for (size_t id = 0; id < own.tokens.size(); ++id) {
    if (!own.tokens[id].empty())
      vocab += fmt::format("{}\n      {}: {}", vocab.empty() ? "" : ",", key(static_cast<int32_t>(id)), id);
  }
  for (const auto& [left, right] : own.merges)
    merges += fmt::format("{}\n      [{}, {}]", merges.empty() ? "" : ",", key(left), key(right));
  return fmt::format(
      "{{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n  \"added_tokens\": {},\n"
      "  \"normalizer\": {},\n  \"pre_tokenizer\": {},\n  \"post_processor\": {},\n  \"decoder\": {},\n"
      "  \"model\": {{\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": {},\n"
      "    \"continuing_subword_prefix\": null,\n    \"end_of_word_suffix\": null,\n    \"fuse_unk\": {},\n"
      "    \"byte_fallback\": {},\n    \"ignore_merges\": {},\n    \"vocab\": {{{}\n    }},\n"
      "    \"merges\": [{}{}]\n  }}\n}}\n",
      added.dump(), normalizer.dump(), pre.dump(), own.post_processor.dump(), decoder.dump(),
      own.pieces && special("<unk>") ? R"("<unk>")" : "null", own.pieces.has_value(), own.pieces.has_value(),
      own.ignore_merges, vocab, merges, merges.empty() ? "" : "\n    ");
}

Status Tokenizer::save(const fs::path& path) const { return write_file(path, to_json()); }

}  // namespace persea
