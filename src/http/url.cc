#include "http/url.h"

#include <algorithm>

namespace persea::http {
namespace {

constexpr size_t kMostFields = 1000;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] == '%') {
      const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return fail("a '%' without two hexadecimal digits: write '%25' for the sign itself");
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// The text up to the next `mark`, which is taken off `rest` with it.
std::string_view cut(std::string_view& rest, char mark) {
  const size_t end = std::min(rest.find(mark), rest.size());
  const std::string_view piece = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return piece;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// A "%2F" may stand in a segment, a step hidden behind it may not: a handler could take the whole for a file's name.
bool hides_a_step(std::string_view segment) {
  if (segment.find('/') == segment.npos) return false;
  while (!segment.empty()) {
    const std::string_view piece = cut(segment, '/');
    if (piece == "." || piece == "..") return true;
  }
  return false;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) { return decode(text, false); }

Result<Fields> parse_form(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    std::string_view value = cut(text, '&');
    if (value.empty()) continue;
    if (fields.size() == kMostFields) return fail("more than {} fields", kMostFields);
    const std::string_view name = cut(value, '=');
    PERSEA_TRY(std::string decoded_name, decode(name, true));
    PERSEA_TRY(std::string decoded_value, decode(value, true));
    fields.push_back({std::move(decoded_name), std::move(decoded_value)});
  }
  return fields;
}

std::string Target::path() const {
  std::string path;
  for (const std::string& segment : segments) path.append("/").append(segment);
  return path.empty() ? "/" : path;
}

Result<Target> parse_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    target.remove_prefix(std::min(target.find_first_of("/?", scheme.size()), target.size()));
    if (!target.starts_with('/')) return fail("the target names no path");
  }
  if (!target.starts_with('/')) return fail("the target does not begin with '/'");
  if (target.find('#') != target.npos) return fail("the target holds a '#'");
  Target parsed;
  std::string_view query = target;
  std::string_view path = cut(query, '?');
  while (!path.empty()) {
    PERSEA_TRY(std::string segment, percent_decode(cut(path, '/')));
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      if (parsed.segments.empty()) return fail("the path leads out of the root");
      parsed.segments.pop_back();
      continue;
    }
    if (std::any_of(segment.begin(), segment.end(), is_control)) return fail("the path holds a control character");
    if (hides_a_step(segment)) return fail("the path holds an escaped '.' or '..' step");
    parsed.segments.push_back(std::move(segment));
  }
  PERSEA_TRY(parsed.query, parse_form(query));
  return parsed;
}

}  // namespace persea::http
