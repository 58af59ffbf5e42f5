#include "read/json_span.h"

#include <cstring>

namespace persea::read {

size_t JsonSpan::length(std::string_view text, bool last) {
  constexpr std::string_view kEnds = ",]} \t\r\n:";
  while (at_ < text.size()) {
    if (in_string_) {
      const auto* quote = static_cast<const char*>(std::memchr(text.data() + at_, '"', text.size() - at_));
      if (quote == nullptr) {
        // A backslash at the very end concerns what comes: look at the last run of them again.
        size_t end = text.size();
        while (end > at_ && text[end - 1] == '\\') --end;
        at_ = end;
        return 0;
      }
      size_t end = static_cast<size_t>(quote - text.data()), slashes = 0;
      while (end - slashes > at_ && text[end - slashes - 1] == '\\') ++slashes;
      at_ = end + 1;
      if (slashes % 2 != 0) continue;
      in_string_ = false;
      if (depth_ == 0) return at_;
      continue;
    }
    const char c = text[at_];
    if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c == '}' || c == ']') {
      if (--depth_ <= 0) return depth_ < 0 ? at_ : at_ + 1;
    } else if (depth_ == 0 && at_ > 0 && kEnds.find(c) != std::string_view::npos) {
      return at_;
    }
    ++at_;
  }
  return last && depth_ == 0 && !in_string_ ? at_ : 0;
}

}  // namespace persea::read
