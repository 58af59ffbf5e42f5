#include "read/html_tree_builder.h"

#include "read/html_entities.h"

namespace persea::read {
namespace {

bool is_table_part(Tag tag) {
  return tag == Tag::table || tag == Tag::tbody || tag == Tag::thead || tag == Tag::tfoot || tag == Tag::tr ||
         tag == Tag::td || tag == Tag::th || tag == Tag::caption || tag == Tag::colgroup;
}

bool is_cell(Tag tag) { return tag == Tag::td || tag == Tag::th; }

// What an open one of ends where a part of a table begins.
bool ends_before(Tag open, Tag next) {
  switch (next) {
    case Tag::td:
    case Tag::th:
      return is_cell(open) || open == Tag::caption || open == Tag::colgroup;
    case Tag::tr:
      return is_cell(open) || open == Tag::tr || open == Tag::caption || open == Tag::colgroup;
    default:
      return open != Tag::table && is_table_part(open);
  }
}

// What a page has in its head, before the body begins.
bool belongs_in_head(Tag tag) {
  return tag == Tag::meta || tag == Tag::link || tag == Tag::title || tag == Tag::script || tag == Tag::style ||
         tag == Tag::base || tag == Tag::basefont || tag == Tag::noscript || tag == Tag::template_;
}

}  // namespace

HtmlTreeBuilder::HtmlTreeBuilder(HtmlTree& tree) : tree_(tree) { add(Tag::document, {}); }

void HtmlTreeBuilder::close_to(size_t depth) {
  while (open_.size() > depth) {
    const int32_t node = open_.back();
    HtmlNode& element = tree_.nodes_[static_cast<size_t>(node)];
    element.end = tree_.size();
    --counts_[static_cast<size_t>(element.tag)];
    if (link_ == node) link_ = -1;
    open_.pop_back();
  }
}

void HtmlTreeBuilder::finish() { close_to(0); }

std::string_view HtmlTreeBuilder::keep(std::string_view text, bool attribute) {
  if (text.find_first_of("&\r") == std::string_view::npos) return text;
  std::string decoded;
  append_unescaped(text, attribute, decoded);
  std::erase(decoded, '\r');
  return tree_.decoded_.emplace_back(std::move(decoded));
}

void HtmlTreeBuilder::begin_attributes() { value_set_ = 0; }

void HtmlTreeBuilder::attribute(Attribute name, std::string_view value) {
  const uint32_t bit = 1U << static_cast<int>(name);
  if ((value_set_ & bit) != 0) return;  // the first one counts
  value_set_ |= bit;
  values_[static_cast<size_t>(name)] = value;
}

void HtmlTreeBuilder::add(Tag tag, std::string_view text) {
  HtmlNode node;
  node.tag = tag;
  node.parent = open_.empty() ? -1 : open_.back();
  node.end = tree_.size() + 1;
  node.text = text;
  if (tag != Tag::text) {
    node.attributes = static_cast<uint32_t>(tree_.values_.size());
    node.attribute_set = value_set_;
    for (size_t i = 0; i < values_.size(); ++i) {
      if ((value_set_ >> i & 1) != 0) tree_.values_.push_back(keep(values_[i], true));
    }
  } else {
    if (link_ >= 0) node.link = tree_.attribute(link_, Attribute::href).starts_with('#') ? Link::here : Link::away;
  }
  tree_.nodes_.push_back(node);
  if (tag == Tag::text || tag_flags(tag).empty || (open_.size() >= kDeepest && !tag_flags(tag).raw)) return;
  open_.push_back(tree_.size() - 1);
  ++counts_[static_cast<size_t>(tag)];
}

void HtmlTreeBuilder::text(std::string_view characters, bool references) {
  if (open_count(Tag::head) > 0 && tag_at(open_.size() - 1) == Tag::head &&
      characters.find_first_not_of(" \t\r\n\f") != std::string_view::npos)
    close_to(open_.size() - 1);
  if (references) characters = keep(characters, false);
  if (!characters.empty()) add(Tag::text, characters);
}

// Ends the innermost open `tag` that no table cell or the like stands around; false where there is none.
bool HtmlTreeBuilder::close_in_scope(Tag tag, bool button_scope) {
  if (open_count(tag) == 0) return false;
  for (size_t place = open_.size(); place-- > 0;) {
    const Tag open = tag_at(place);
    if (open == tag) {
      close_to(place);
      return true;
    }
    if (tag_flags(open).boundary || (button_scope && open == Tag::button)) return false;
  }
  return false;
}

// A link ends where the next one begins; with its element only where nothing but inline elements would end too.
void HtmlTreeBuilder::close_link() {
  link_ = -1;
  if (open_count(Tag::a) == 0) return;
  for (size_t place = open_.size(); place-- > 0;) {
    if (tag_at(place) == Tag::a) return close_to(place);
    if (tag_flags(tag_at(place)).block) return;
  }
}

void HtmlTreeBuilder::close_table_parts(Tag tag) {
  if (open_count(Tag::table) == 0) return;
  size_t outermost = open_.size();
  for (size_t place = open_.size(); place-- > 0 && tag_at(place) != Tag::table;) {
    if (ends_before(tag_at(place), tag)) outermost = place;
  }
  close_to(outermost);
}

// An item of a list ends the one before it, unless another block stands between them.
void HtmlTreeBuilder::close_item(Tag first, Tag second) {
  if (open_count(first) + open_count(second) == 0) return;
  for (size_t place = open_.size(); place-- > 0;) {
    const Tag open = tag_at(place);
    if (open == first || open == second) return close_to(place);
    if (tag_flags(open).block && open != Tag::address && open != Tag::div && open != Tag::p) return;
  }
}

void HtmlTreeBuilder::close_before(Tag tag) {
  const Tag top = tag_at(open_.size() - 1);
  if (tag_flags(tag).closes_p) close_in_scope(Tag::p, true);
  if (is_heading(tag) && is_heading(tag_at(open_.size() - 1))) close_to(open_.size() - 1);
  switch (tag) {
    case Tag::li:
      return close_item(Tag::li, Tag::li);
    case Tag::dt:
    case Tag::dd:
      return close_item(Tag::dt, Tag::dd);
    case Tag::td:
    case Tag::th:
    case Tag::tr:
    case Tag::tbody:
    case Tag::thead:
    case Tag::tfoot:
    case Tag::caption:
    case Tag::colgroup:
      return close_table_parts(tag);
    case Tag::option:
    case Tag::optgroup:
      if (top == Tag::option) close_to(open_.size() - 1);
      return;
    case Tag::rb:
    case Tag::rt:
    case Tag::rp:
      if (top == Tag::rb || top == Tag::rt || top == Tag::rp) close_to(open_.size() - 1);
      return;
    case Tag::button:
      close_in_scope(Tag::button, false);
      return;
    case Tag::a:
      return close_link();
    default:
      return;
  }
}

void HtmlTreeBuilder::start(Tag tag, std::string_view name) {
  if ((tag == Tag::html || tag == Tag::head || tag == Tag::body || tag == Tag::form) && open_count(tag) > 0) return;
  if (tag == Tag::head && open_count(Tag::body) > 0) return;
  if (open_count(Tag::head) > 0 && tag_at(open_.size() - 1) == Tag::head && !belongs_in_head(tag))
    close_to(open_.size() - 1);
  close_before(tag);
  // A mark in the page to jump to: many were never closed.
  if (tag == Tag::a && (value_set_ >> static_cast<int>(Attribute::href) & 1) == 0) return;
  const int32_t node = tree_.size();
  add(tag, name);
  if (tag == Tag::a && open_.back() == node) link_ = node;
}

void HtmlTreeBuilder::end(Tag tag, std::string_view name) {
  if (tag == Tag::html || tag == Tag::body) return;  // what comes behind still belongs to the page
  if (tag == Tag::a) return close_link();
  if (tag == Tag::br) return start(Tag::br, "br");
  if (tag == Tag::p && !close_in_scope(Tag::p, true)) {
    value_set_ = 0;
    add(Tag::hr, "p");  // it has nothing in it, but parts what is around it
    return;
  }
  if (tag == Tag::p || tag_flags(tag).empty) return;
  if (is_heading(tag)) {
    for (size_t place = open_.size(); place-- > 0 && !tag_flags(tag_at(place)).boundary;) {
      if (is_heading(tag_at(place))) return close_to(place);
    }
    return;
  }
  if (open_count(tag) == 0) return;
  const bool block = tag_flags(tag).block;
  for (size_t place = open_.size(); place-- > 0;) {
    const Tag open = tag_at(place);
    if (open == tag && (tag != Tag::unknown || tree_[open_[place]].text == name)) return close_to(place);
    if (is_table_part(tag) ? open == Tag::table : block ? tag_flags(open).boundary : tag_flags(open).block) return;
    // A form's end tag often stands where its elements have not ended.
    if (tag == Tag::form && tag_flags(open).block && open != Tag::p) return;
  }
}

}  // namespace persea::read
