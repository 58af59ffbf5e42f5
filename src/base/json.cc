#include "base/json.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

#include "base/file.h"

namespace persea {
namespace {

constexpr int kMaxDepth = 256;
constexpr size_t kMaxReason = 160;

// The deepest nesting of brackets outside strings: known before parsing, so that no recursion ever meets deep input.
int depth_of(std::string_view text) {
  int depth = 0, deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

// A parser's message as one printable line of bounded length: it may quote the input.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, kMaxReason)) {
    line += static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) >= 127 ? '?' : c;
  }
  if (text.size() > kMaxReason) line += "...";
  return line;
}

std::string position(std::string_view text, size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
  const size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return fmt::format("{}:{}", std::count(before.begin(), before.end(), '\n') + 1, before.size() - line_start + 1);
}

// "[json.exception.parse_error.101] parse error at line 1, column 2: reason" -> "reason"
std::string reason_of(std::string_view what) {
  if (const size_t end = what.find("] "); end != std::string_view::npos) what.remove_prefix(end + 2);
  if (what.starts_with("parse error at ")) {
    if (const size_t colon = what.find(": "); colon != std::string_view::npos) what.remove_prefix(colon + 2);
  }
  return one_line(what);
}

struct TomlReader {
  std::string_view where;
  TomlDocument document;

  Result<Json> convert(const toml::node& node, const std::string& path, int depth = 0) {
    if (depth > kMaxDepth) return fail("{}: nested deeper than {} levels", where, kMaxDepth);
    if (!path.empty()) document.lines[path] = static_cast<int>(node.source().begin.line);
    if (const auto* table = node.as_table()) {
      Json object = Json::object();
      for (const auto& [key, child] : *table) {
        const std::string name(key.str());
        if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 32 || c == 127; }))
          return fail("{}:{}: a key with control characters", where, key.source().begin.line);
        const std::string child_path = path.empty() ? name : path + "." + name;
        PERSEA_TRY(object[name], convert(child, child_path, depth + 1));
        document.lines[child_path] = static_cast<int>(key.source().begin.line);
      }
      return object;
    }
    if (const auto* array = node.as_array()) {
      Json list = Json::array();
      for (size_t i = 0; i < array->size(); ++i) {
        PERSEA_TRY(Json item, convert(*array->get(i), fmt::format("{}[{}]", path, i), depth + 1));
        list.push_back(std::move(item));
      }
      return list;
    }
    if (const auto* text = node.as_string()) return Json(text->get());
    if (const auto* number = node.as_integer()) return Json(number->get());
    if (const auto* flag = node.as_boolean()) return Json(flag->get());
    if (const auto* number = node.as_floating_point()) {
      if (std::isfinite(number->get())) return Json(number->get());
      return fail("{}:{}: {} must be a finite number", where, document.lines[path], path);
    }
    // Dates and times become text: no setting is one.
    std::ostringstream text;
    if (const auto* date = node.as_date()) text << date->get();
    if (const auto* time = node.as_time()) text << time->get();
    if (const auto* moment = node.as_date_time()) text << moment->get();
    return Json(text.str());
  }
};

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view where) {
  if (depth_of(text) > kMaxDepth) return fail("{}: nested deeper than {} levels", where, kMaxDepth);
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& error) {
    return fail("{}:{}: not JSON: {}", where, position(text, error.byte), reason_of(error.what()));
  } catch (const Json::exception& error) {
    return fail("{}: not JSON: {}", where, reason_of(error.what()));
  }
}

Result<Json> read_json(const std::filesystem::path& path) {
  PERSEA_TRY(const std::string text, read_file(path));
  return parse_json(text, path.string());
}

std::string canonical_json(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

Result<TomlDocument> parse_toml(std::string_view text, std::string_view where) {
  try {
    const toml::table table = toml::parse(text);
    TomlReader reader{where, {}};
    PERSEA_TRY(reader.document.value, reader.convert(table, ""));
    return std::move(reader.document);
  } catch (const toml::parse_error& error) {
    return fail("{}:{}: not TOML: {}", where, error.source().begin.line, one_line(error.description()));
  }
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;  // farther is no misspelling
  for (const std::string& candidate : candidates) {
    std::vector<size_t> row(candidate.size() + 1);  // Levenshtein's distance, a row at a time
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < word.size(); ++i) {
      size_t diagonal = std::exchange(row[0], i + 1);
      for (size_t j = 0; j < candidate.size(); ++j) {
        const size_t replaced = diagonal + (word[i] != candidate[j]);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace persea
