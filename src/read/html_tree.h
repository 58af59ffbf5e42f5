// A page's elements and characters as a tree, made as browsers make it where that matters to the text: ends of
// paragraphs, items and cells that nobody wrote, raw text of scripts, end tags without a beginning. It moves nothing to
// other places (stray text in tables stays there), so that a node's descendants are the nodes behind it, and any bytes
// take time in proportion to their number: a tag walks through at most 512 open elements.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "read/html_tags.h"

namespace persea::read {

// The attributes that are kept.
enum class Attribute : uint8_t {
  aria_hidden,
  class_,
  content,
  datetime,
  hidden,
  href,
  id,
  itemprop,
  itemtype,
  lang,
  name,
  property,
  rel,
  role,
  style,
  type,
  count,
};

enum class Link : uint8_t { none, away, here };  // to another page, to a place in this one

struct HtmlNode {
  Tag tag = Tag::unknown;
  Link link = Link::none;  // of a text: the link that is open around it
  int32_t parent = -1;
  int32_t end = 0;             // the first node that is no descendant; children begin behind the node itself
  uint32_t attributes = 0;     // where its values begin
  uint32_t attribute_set = 0;  // a bit for each Attribute that it has
  std::string_view text;       // of a text: its characters; of an element: its name
};

class HtmlTree {
 public:
  // `page` has to outlive the tree.
  explicit HtmlTree(std::string_view page);
  HtmlTree(const HtmlTree&) = delete;
  HtmlTree& operator=(const HtmlTree&) = delete;

  const std::vector<HtmlNode>& nodes() const { return nodes_; }  // in the page's order; the first is the document
  const HtmlNode& operator[](int32_t node) const { return nodes_[static_cast<size_t>(node)]; }
  int32_t size() const { return static_cast<int32_t>(nodes_.size()); }
  // "" where it has none, or one without a value.
  std::string_view attribute(int32_t node, Attribute name) const;
  bool has(int32_t node, Attribute name) const {
    return (nodes_[static_cast<size_t>(node)].attribute_set >> static_cast<int>(name) & 1) != 0;
  }

 private:
  friend class HtmlTreeBuilder;
  std::vector<HtmlNode> nodes_;
  std::vector<std::string_view> values_;
  std::deque<std::string> decoded_;  // what is not in the page as it stands
};

}  // namespace persea::read
