#include "curate/text_parts.h"

#include "curate/char_flags.h"

namespace persea::curate {
namespace {

// Bytes of the line break at `at`; 0 where there is none.
size_t line_break(std::string_view text, size_t at) {
  const auto c = static_cast<unsigned char>(text[at]);
  if (c < 0x20) {
    if (c == '\r') return text.size() - at > 1 && text[at + 1] == '\n' ? 2 : 1;
    return (c >= 0x0a && c <= 0x0c) || (c >= 0x1c && c <= 0x1e) ? 1 : 0;
  }
  const std::string_view rest = text.substr(at);
  if (c == 0xc2) return rest.starts_with("\xc2\x85") ? 2 : 0;
  return rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9") ? 3 : 0;
}

bool may_break(char byte) {
  const auto c = static_cast<unsigned char>(byte);
  return c < 0x20 || c == 0xc2 || c == 0xe2;
}

}  // namespace

void TextParts::read(std::string_view text) {
  text_ = text;
  chars_ = count_chars(text);
  words_known_ = runs_known_ = false;
}

std::span<const Word> TextParts::words() {
  if (!words_known_) splitter_.split(text_, words_);
  words_known_ = true;
  return words_;
}

std::span<const Word> TextParts::runs() {
  if (!runs_known_) {
    split_at_spaces(text_, pieces_);
    runs_.clear();
    for (const std::string_view piece : pieces_) runs_.push_back(word_of(piece));
  }
  runs_known_ = true;
  return runs_;
}

Place TextParts::place_of(std::string_view part) const {
  const auto begin = static_cast<size_t>(part.data() - text_.data());
  return {begin, begin + part.size()};
}

Place TextParts::place_or_whole(std::string_view part) const {
  return part.data() == nullptr ? whole() : place_of(part);
}

void split_lines(std::string_view text, std::vector<std::string_view>& lines) {
  lines.clear();
  size_t start = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = may_break(text[at]) ? line_break(text, at) : 0;
    if (bytes == 0) {
      ++at;
      continue;
    }
    lines.push_back(text.substr(start, at - start));
    start = at += bytes;
  }
  if (start < text.size()) lines.push_back(text.substr(start));
}

void split_at_newlines(std::string_view text, std::vector<std::string_view>& lines) {
  split_at_newline_rows(text, 0, lines);
}

void split_at_newline_rows(std::string_view text, size_t count, std::vector<std::string_view>& pieces) {
  pieces.clear();
  size_t start = 0;
  for (size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at)) {
    size_t end = at + 1;
    if (count > 0) {
      while (end < text.size() && text[end] == '\n') ++end;
    }
    if (end - at >= count) {
      pieces.push_back(text.substr(start, at - start));
      start = end;
    }
    at = end;
  }
  pieces.push_back(text.substr(start));
}

void split_at_spaces(std::string_view text, std::vector<std::string_view>& pieces) {
  pieces.clear();
  size_t start = 0;
  for (size_t at = 0; at < text.size();) {
    const CharAt c = first_char(text.substr(at));
    if (c.flags & kSpace) {
      if (at > start) pieces.push_back(text.substr(start, at - start));
      start = at + c.bytes;
    }
    at += c.bytes;
  }
  if (start < text.size()) pieces.push_back(text.substr(start));
}

size_t count_runs(std::string_view text, size_t most) {
  size_t count = 0;
  bool in_space = true;
  for (size_t at = 0; at < text.size() && count < most;) {
    const CharAt c = first_char(text.substr(at));
    const bool space = (c.flags & kSpace) != 0;
    count += in_space && !space;
    in_space = space;
    at += c.bytes;
  }
  return count;
}

size_t count_of(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace persea::curate
