#include "read/html_characters.h"

#include <algorithm>

#include "text/unicode.h"

namespace persea::read {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

bool is_wide_space(uint32_t c) {
  return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
         c == 0x205f || c == 0x3000;
}

bool is_invisible(uint32_t c) {
  return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x180e || c == 0x200b ||
         c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff ||
         (c >= 0xfff9 && c <= 0xfffb);
}

}  // namespace

void append_collapsed(std::string_view text, std::string& out) {
  const size_t start = out.size();
  bool space = false, line = false;
  for (const char c : text) {
    if (is_space(c)) {
      space = true;
    } else if (c == '\v') {
      line = true;
    } else {
      if (out.size() > start && (space || line)) out += line ? '\n' : ' ';
      space = line = false;
      out += c;
    }
  }
}

std::string characters(const HtmlTree& tree, const GoneNodes& gone, int32_t begin, int32_t end) {
  std::string text;
  for (int32_t node = begin; node < end;) {
    if (gone[static_cast<size_t>(node)] != 0) {
      node = tree[node].end;
      continue;
    }
    if (tree[node].tag == Tag::text) append_clean(tree[node].text, text);
    if (tree[node].tag == Tag::br) text += '\v';
    ++node;
  }
  return text;
}

void append_clean(std::string_view text, std::string& out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    const char* run = at;
    while (run < end && static_cast<unsigned char>(*run) < 0x7f &&
           (static_cast<unsigned char>(*run) >= 0x20 || is_space(*run)))
      ++run;
    out.append(at, run);
    at = run;
    if (at >= end) return;
    const unicode::Decoded character = unicode::decode_utf8(at, end);
    if (is_wide_space(character.codepoint)) {
      out += ' ';
    } else if (!is_invisible(character.codepoint)) {
      unicode::append_utf8(character.codepoint, out);
    }
    at += character.bytes;
  }
}

std::string plain_text(const HtmlTree& tree, const GoneNodes& gone, int32_t begin, int32_t end) {
  std::string text = characters(tree, gone, begin, end), out;
  std::replace(text.begin(), text.end(), '\v', ' ');
  append_collapsed(text, out);
  return out;
}

}  // namespace persea::read
