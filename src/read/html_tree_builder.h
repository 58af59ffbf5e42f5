// Puts tags and characters into a tree: which elements a tag ends, and which of its attributes are kept.
#pragma once

#include <array>

#include "read/html_tree.h"

namespace persea::read {

class HtmlTreeBuilder {
 public:
  explicit HtmlTreeBuilder(HtmlTree& tree);

  size_t count() const { return tree_.nodes_.size(); }
  // A start tag is told by its attributes, then by itself.
  void begin_attributes();
  void attribute(Attribute name, std::string_view value);
  void start(Tag tag, std::string_view name);
  void end(Tag tag, std::string_view name);
  // `references`: & begins a character reference.
  void text(std::string_view characters, bool references);
  void finish();

 private:
  static constexpr size_t kDeepest = 512;  // what lies deeper is put beside its parents

  Tag tag_at(size_t place) const { return tree_.nodes_[static_cast<size_t>(open_[place])].tag; }
  size_t open_count(Tag tag) const { return counts_[static_cast<size_t>(tag)]; }
  void close_to(size_t depth);  // leaves `depth` elements open
  bool close_in_scope(Tag tag, bool button_scope);
  void close_link();
  void close_table_parts(Tag tag);
  void close_item(Tag first, Tag second);
  void close_before(Tag tag);
  void add(Tag tag, std::string_view text);
  std::string_view keep(std::string_view text, bool attribute);

  HtmlTree& tree_;
  std::vector<int32_t> open_;
  std::array<uint32_t, 256> counts_{};
  std::array<std::string_view, static_cast<size_t>(Attribute::count)> values_;
  uint32_t value_set_ = 0;
  int32_t link_ = -1;  // the link that is open, also where its element stays open behind its end tag
};

}  // namespace persea::read
