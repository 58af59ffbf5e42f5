#include "text/text_guard.h"

#include <algorithm>
#include <set>

#include "text/unicode.h"

namespace persea {
namespace {

constexpr std::string_view kMark = "\xef\xb7\x90";  // U+FDD0, which no text should hold

size_t first_character(std::string_view text) {
  return static_cast<size_t>(unicode::decode_utf8(text.data(), text.data() + text.size()).bytes);
}

}  // namespace

TextGuard::TextGuard(Tokenizer tokenizer) : tokenizer_(std::move(tokenizer)) {
  for (const AddedToken& token : tokenizer_.parts().added) {
    // A name of one character has no inside for a mark; it is as common in text as any character.
    if (token.special && first_character(token.content) < token.content.size()) names_.push_back(token.content);
  }
}

std::string TextGuard::guard(std::string_view text) const {
  std::set<size_t> marks;  // where one is to be put
  for (const std::string& name : names_) {
    for (size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
      marks.insert(at + first_character(name));
    }
  }
  // A template may cut white space off the end before it goes on.
  const size_t last = text.find_last_not_of(" \t\r\n\f\v");
  const std::string_view trimmed = text.substr(0, last == text.npos ? 0 : last + 1);
  for (const std::string_view whole : {text, trimmed}) {
    for (const std::string& name : names_) {
      for (size_t size = std::min(name.size() - 1, whole.size()); size > 0; --size) {
        if (whole.ends_with(std::string_view(name).substr(0, size)) && size >= first_character(name)) {
          marks.insert(whole.size() - size + first_character(name));
        }
      }
    }
  }
  std::string guarded;
  size_t from = 0;
  for (const size_t mark : marks) {
    guarded.append(text.substr(from, mark - from)).append(kMark);
    from = mark;
  }
  return guarded.append(text.substr(from));
}

void TextGuard::encode(std::string_view rendered, std::vector<int32_t>& out) const {
  tokenizer_.encode_marked(rendered, kMark, out);
}

}  // namespace persea
