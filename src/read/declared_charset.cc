#include "read/declared_charset.h"

#include <algorithm>

namespace persea::read {
namespace {

constexpr size_t kLookedAt = 4096;

// The name that follows `mark` in lower-cased text, with or without quotes.
std::string name_after(std::string_view text, std::string_view mark) {
  const size_t at = text.find(mark);
  if (at == std::string_view::npos) return "";
  text.remove_prefix(at + mark.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (!text.starts_with('=')) return "";
  text.remove_prefix(1);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n\"'"), text.size()));
  const std::string_view name = text.substr(0, text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-:."));
  return name.size() <= 40 ? std::string(name) : "";
}

}  // namespace

std::string declared_charset(std::string_view page) {
  std::string head(page.substr(0, kLookedAt));
  std::transform(head.begin(), head.end(), head.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (head.starts_with("<?xml")) {
    std::string name = name_after(std::string_view(head).substr(0, head.find('>')), "encoding");
    if (!name.empty()) return name;
  }
  for (size_t at = 0; (at = head.find("<meta", at)) != std::string::npos; ++at) {
    const std::string_view tag = std::string_view(head).substr(at, head.find('>', at) - at);
    std::string name = name_after(tag, "charset");
    if (!name.empty()) return name;
  }
  return "";
}

}  // namespace persea::read
