#include "read/json_mend.h"

#include <algorithm>
#include <charconv>

namespace persea::read {
namespace {

constexpr size_t kEscape = 6;  // "\uD83D"

// What "\uXXXX" at `at` stands for; -1 where no such escape stands there.
int escaped(std::string_view json, size_t at) {
  if (json.substr(std::min(at, json.size()), 2) != "\\u" || json.size() - at < kEscape) return -1;
  int value = -1;
  const char* end = json.data() + at + kEscape;
  const auto parsed = std::from_chars(json.data() + at + 2, end, value, 16);
  return parsed.ec == std::errc() && parsed.ptr == end ? value : -1;
}

bool of_number(char c) { return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'; }

}  // namespace

int64_t mend_json(std::string_view json, std::string& out) {
  constexpr size_t kLongNumber = 15;
  int64_t alone = 0;
  bool in_string = false;
  out.clear();
  for (size_t at = 0; at < json.size();) {
    size_t bytes = 1;
    if (json[at] == '"') {
      in_string = !in_string;
    } else if (in_string && json[at] == '\\') {
      const int value = escaped(json, at), next = escaped(json, at + kEscape);
      const bool first = value >= 0xd800 && value < 0xdc00, second = value >= 0xdc00 && value < 0xe000;
      const bool pair = first && next >= 0xdc00 && next < 0xe000;
      bytes = std::min(pair ? 2 * kEscape : value >= 0 ? kEscape : 2, json.size() - at);
      if ((first && !pair) || second) {
        ++alone;
        out += "\\ufffd";
        at += bytes;
        continue;
      }
    } else if (!in_string && of_number(json[at])) {
      while (at + bytes < json.size() && of_number(json[at + bytes])) ++bytes;
      if (bytes > kLongNumber) {
        out += '0';
        at += bytes;
        continue;
      }
    }
    out += json.substr(at, bytes);
    at += bytes;
  }
  return alone;
}

}  // namespace persea::read
