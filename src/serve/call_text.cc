#include "serve/call_text.h"

#include <string>

namespace persea {

CallFormat call_format_of(std::string_view source) {
  const auto has = [&](std::string_view text) { return source.find(text) != source.npos; };
  if (!has("tools") || has(kCallOpen)) return CallFormat::tagged;
  if (has(kMistralCalls)) return has(kMistralArguments) ? CallFormat::mistral_named : CallFormat::mistral_list;
  return CallFormat::bare;
}

JsonExtent json_extent(std::string_view text, size_t at) {
  using Is = JsonExtent::Is;
  if (at >= text.size() || (text[at] != '{' && text[at] != '[')) return {};
  std::string open;  // the brackets that have to close
  bool quoted = false;
  for (size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '{' || c == '[') open += c == '{' ? '}' : ']';
    if (c != '}' && c != ']') continue;
    if (open.back() != c) return {};
    open.pop_back();
    if (open.empty()) return {Is::whole, i + 1};
  }
  return {Is::unfinished, 0};
}

}  // namespace persea
