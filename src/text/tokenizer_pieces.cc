#include "text/tokenizer_pieces.h"

#include <algorithm>
#include <cmath>

#include "text/unicode.h"

namespace persea {
namespace {

using Space = SentencePieces::Space;

std::string type_of(const Json& step) {
  const auto it = step.is_object() ? step.find("type") : step.end();
  return it != step.end() && it->is_string() ? it->get<std::string>() : std::string();
}

// The steps of a Sequence, one step by itself, or none.
std::vector<Json> steps_of(const Json& step, const char* key) {
  if (step.is_null()) return {};
  if (type_of(step) != "Sequence" || !step.contains(key) || !step[key].is_array()) return {step};
  return step[key].get<std::vector<Json>>();
}

bool is_mark(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && *it == std::string(kSpaceMark);
}

bool turns(const Json& step, const Json& from, const Json& to) {  // a Replace of one text by another
  const Json pattern = step.value("pattern", Json());
  return pattern.is_object() && pattern.value("String", Json()) == from && step.value("content", Json()) == to;
}

Status read_metaspace(const Json& step, SentencePieces& pieces, std::string_view where) {
  if (!is_mark(step, "replacement")) return fail("{}: a Metaspace whose replacement is not \"▁\"", where);
  const Json older = step.value("add_prefix_space", Json());
  const Json scheme = step.value("prepend_scheme", Json(older == false ? "never" : "always"));
  pieces.apart = step.value("split", Json(true)) != false;
  if (pieces.space != Space::nowhere) return {};  // the normalizer has put one already
  pieces.doubled = false;
  if (scheme == "always") {
    pieces.space = Space::each;
  } else if (scheme == "first") {
    pieces.space = Space::first;
  } else if (scheme != "never") {
    return fail("{}: a Metaspace with the prepend_scheme {}", where, canonical_json(scheme));
  }
  return {};
}

Status check_decoder(const Json& decoder, std::string_view where) {
  constexpr std::string_view kKnown[] = {"Replace", "ByteFallback", "Fuse", "Strip", "Metaspace"};
  for (const Json& step : steps_of(decoder, "decoders")) {
    if (std::find(std::begin(kKnown), std::end(kKnown), type_of(step)) == std::end(kKnown))
      return fail("{}: the decoder {:.200} is not supported with byte_fallback", where, canonical_json(step));
  }
  return {};
}

}  // namespace

bool has_pieces(const Json& document) {
  const Json& model = document["model"];
  return model.is_object() && model.value("byte_fallback", Json()) == true;
}

Result<SentencePieces> read_pieces(const Json& document, const std::unordered_map<std::string, int32_t>& ids,
                                   std::string_view where) {
  SentencePieces pieces;
  pieces.space = Space::nowhere;
  bool marked = false;  // spaces become "▁" at all
  const Json normalizer = document.value("normalizer", Json()), pre = document.value("pre_tokenizer", Json());
  for (const Json& step : steps_of(normalizer, "normalizers")) {
    if (type_of(step) == "Prepend" && is_mark(step, "prepend") && !marked) {
      pieces.space = Space::each;
    } else if (type_of(step) == "Replace" && turns(step, " ", std::string(kSpaceMark))) {
      marked = true;
    } else {
      return fail("{}: the normalizer {:.200} is not supported with byte_fallback", where, canonical_json(step));
    }
  }
  for (const Json& step : steps_of(pre, "pretokenizers")) {
    if (type_of(step) != "Metaspace")
      return fail("{}: the pre_tokenizer {:.200} is not supported with byte_fallback", where, canonical_json(step));
    PERSEA_CHECK(read_metaspace(step, pieces, where));
    marked = true;
  }
  if (!marked) return fail("{}: byte_fallback is supported where spaces become \"▁\" only", where);
  PERSEA_CHECK(check_decoder(document.value("decoder", Json()), where));
  for (int byte = 0; byte < 256; ++byte) {
    const std::string name = byte_piece(static_cast<unsigned char>(byte));
    const auto found = ids.find(name);
    if (found == ids.end()) return fail("{}: the vocabulary has no token {}", where, name);
    pieces.bytes[static_cast<size_t>(byte)] = found->second;
  }
  return pieces;
}

PiecesJson write_pieces(const SentencePieces& pieces) {
  const std::string mark(kSpaceMark);
  const Json replace = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", mark}};
  PiecesJson json;
  if (pieces.space == Space::each && pieces.doubled && !pieces.apart) {
    json.normalizer = {{"type", "Sequence"}, {"normalizers", {{{"type", "Prepend"}, {"prepend", mark}}, replace}}};
  } else if (pieces.space == Space::nowhere && !pieces.apart) {
    json.normalizer = replace;
  } else {
    const char* scheme = pieces.space == Space::each ? "always" : pieces.space == Space::first ? "first" : "never";
    if (pieces.doubled && pieces.space == Space::each)
      json.normalizer = {{"type", "Sequence"}, {"normalizers", {{{"type", "Prepend"}, {"prepend", mark}}, replace}}};
    json.pre_tokenizer = {
        {"type", "Metaspace"}, {"replacement", mark}, {"prepend_scheme", scheme}, {"split", pieces.apart}};
  }
  Json steps = {{{"type", "Replace"}, {"pattern", {{"String", mark}}}, {"content", " "}},
                {{"type", "ByteFallback"}},
                {{"type", "Fuse"}}};
  if (pieces.space != Space::nowhere) steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  json.decoder = {{"type", "Sequence"}, {"decoders", steps}};
  return json;
}

}  // namespace persea
