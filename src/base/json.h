// JSON values (nlohmann, keys sorted: the canonical form that digests are taken of) and the readers that turn bytes
// from outside into them. No schema language: callers check what they read, with the helpers below.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace persea {

using Json = nlohmann::json;

// Parses JSON text; `where` (a file's name) stands in the message. Nesting deeper than 256 is refused.
Result<Json> parse_json(std::string_view text, std::string_view where);
Result<Json> read_json(const std::filesystem::path& path);

// The compact form with sorted keys; invalid UTF-8 is replaced. Equal values give equal bytes.
std::string canonical_json(const Json& value);

// A TOML document as JSON, with the line of each key ("pretrain.minutes" -> 12) for messages.
struct TomlDocument {
  Json value;
  std::map<std::string, int> lines;
};
Result<TomlDocument> parse_toml(std::string_view text, std::string_view where);

// The candidate nearest to `word` by edit distance, or "" where none is near enough to suggest.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace persea
