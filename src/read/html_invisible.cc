#include <algorithm>

#include "read/html_blocks.h"

namespace persea::read {
namespace {

// Whether a style has `name: value`, white space and case aside.
bool has_style(std::string_view style, std::string_view name, std::string_view value) {
  while (!style.empty()) {
    const std::string_view part = style.substr(0, style.find(';'));
    style.remove_prefix(std::min(part.size() + 1, style.size()));
    std::string text;
    for (const char c : part.substr(0, 64)) {
      if (c != ' ' && c != '\n' && c != '\t') text += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 32 : c);
    }
    if (text.size() > name.size() && text.starts_with(name) && text[name.size()] == ':' &&
        text.substr(name.size() + 1).starts_with(value))
      return true;
  }
  return false;
}

bool is_hidden(const HtmlTree& tree, int32_t node) {
  if (tree[node].attribute_set == 0) return false;
  if (tree.has(node, Attribute::hidden) && tree.attribute(node, Attribute::hidden) != "until-found") return true;
  if (tree.attribute(node, Attribute::aria_hidden) == "true") return true;
  const std::string_view style = tree.attribute(node, Attribute::style);
  return !style.empty() && (has_style(style, "display", "none") || has_style(style, "visibility", "hidden"));
}

// A button that is a heading's text, as in lists of questions that fold out, is read.
bool is_heading_button(const HtmlTree& tree, int32_t node) {
  for (int32_t up = node, steps = 0; up >= 0 && steps < 4; up = tree[up].parent, ++steps) {
    if (is_heading(tree[up].tag) || tree[up].tag == Tag::dt || tree[up].tag == Tag::summary) return true;
  }
  return false;
}

}  // namespace

GoneNodes find_invisible(const HtmlTree& tree, const Visibility& options) {
  GoneNodes gone(tree.nodes().size(), 0);
  for (int32_t node = 0; node < tree.size();) {
    const Tag tag = tree[node].tag;
    bool out = tag_flags(tag).silent || (tag == Tag::noscript && !options.noscript);
    if (out && tag == Tag::button) out = !is_heading_button(tree, node);
    // A formula's source stands beside what is shown of it.
    if (tag == Tag::annotation) out = true;
    if (!out && !options.hidden_too && tag != Tag::body && tag != Tag::html) out = is_hidden(tree, node);
    if (out) gone[static_cast<size_t>(node)] = 1;
    node = out ? tree[node].end : node + 1;
  }
  return gone;
}

}  // namespace persea::read
