#include "text/grammar/uri.h"

#include <algorithm>
#include <vector>

namespace persea::grammar {
namespace {

bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

// The length of "scheme:", or 0.
size_t scheme_size(std::string_view uri) {
  if (uri.empty() || !is_letter(uri[0])) return 0;
  const size_t colon = uri.find_first_of(":/?#");
  return colon != std::string_view::npos && uri[colon] == ':' ? colon + 1 : 0;
}
// The length of "scheme://authority".
size_t authority_size(std::string_view uri) {
  const size_t scheme = scheme_size(uri);
  if (!uri.substr(scheme).starts_with("//")) return scheme;
  return std::min(uri.find_first_of("/?#", scheme + 2), uri.size());
}

std::string without_dots(std::string_view path) {
  std::vector<std::string_view> parts;
  const bool rooted = path.starts_with("/");
  bool folder = false;  // it ends in a slash
  for (size_t begin = rooted; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    folder = part == "." || part == "..";
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (part != ".") {
      parts.push_back(part);
    }
    begin = end + 1;
  }
  std::string out = rooted ? "/" : "";
  for (size_t i = 0; i < parts.size(); ++i) out += (i > 0 ? "/" : "") + std::string(parts[i]);
  if (folder && !out.ends_with("/")) out += "/";
  return out;
}

}  // namespace

std::string resolved_uri(std::string_view base, std::string_view reference) {
  if (reference.empty()) return std::string(base);
  if (scheme_size(reference) > 0) return std::string(reference);
  if (reference.starts_with("//")) return std::string(base.substr(0, scheme_size(base))) + std::string(reference);
  const std::string_view front = base.substr(0, authority_size(base));
  std::string_view path = base.substr(front.size());
  path = path.substr(0, path.find_first_of("?#"));
  if (reference.starts_with("?")) return std::string(front) + std::string(path) + std::string(reference);
  const size_t behind = std::min(reference.find_first_of("?#"), reference.size());
  const std::string_view own = reference.substr(0, behind), rest = reference.substr(behind);
  std::string joined;
  if (own.starts_with("/")) {
    joined = own;
  } else {
    const size_t slash = path.rfind('/');
    joined = slash == std::string_view::npos ? "" : std::string(path.substr(0, slash + 1));
    if (joined.empty() && front.size() > scheme_size(base)) joined = "/";
    joined += own;
  }
  return std::string(front) + without_dots(joined) + std::string(rest);
}

std::optional<std::string> percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

}  // namespace persea::grammar
