#include "read/html_tree.h"

#include <algorithm>
#include <bit>

#include "read/html_entities.h"
#include "read/html_tree_builder.h"

namespace persea::read {
namespace {

constexpr size_t kMostBytes = size_t{1} << 24;
constexpr size_t kMostNodes = size_t{1} << 21;
constexpr size_t kLongestName = 24;  // a longer name of an element or attribute is none that we know

struct KnownAttribute {
  std::string_view name;
  Attribute attribute;
};
constexpr KnownAttribute kKnown[] = {{"aria-hidden", Attribute::aria_hidden},
                                     {"class", Attribute::class_},
                                     {"content", Attribute::content},
                                     {"datetime", Attribute::datetime},
                                     {"hidden", Attribute::hidden},
                                     {"href", Attribute::href},
                                     {"id", Attribute::id},
                                     {"itemprop", Attribute::itemprop},
                                     {"itemtype", Attribute::itemtype},
                                     {"lang", Attribute::lang},
                                     {"name", Attribute::name},
                                     {"property", Attribute::property},
                                     {"rel", Attribute::rel},
                                     {"role", Attribute::role},
                                     {"style", Attribute::style},
                                     {"type", Attribute::type}};

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }
bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; }

// A name in lower case, without memory of its own.
struct Name {
  std::array<char, kLongestName> bytes{};
  size_t size = 0;
  explicit Name(std::string_view name) {
    if (name.size() > bytes.size()) return;
    for (const char c : name) bytes[size++] = lower(c);
  }
  std::string_view view() const { return {bytes.data(), size}; }
};

}  // namespace

// Cuts a page into tags and characters, and hands them to the builder.
class HtmlTokens {
 public:
  HtmlTokens(std::string_view page, HtmlTreeBuilder& builder) : page_(page), builder_(builder) {}

  void run() {
    while (at_ < page_.size() && builder_.count() < kMostNodes) {
      const size_t start = at_;
      size_t end = next_markup(start);
      if (end > start) builder_.text(page_.substr(start, end - start), true);
      at_ = end;
      if (at_ < page_.size()) markup();
    }
    builder_.finish();
  }

 private:
  // The next < that begins a tag or comment.
  size_t next_markup(size_t from) const {
    while (true) {
      from = page_.find('<', from);
      if (from == std::string_view::npos) return page_.size();
      const char next = from + 1 < page_.size() ? page_[from + 1] : ' ';
      if (is_letter(next) || next == '/' || next == '!' || next == '?') return from;
      ++from;
    }
  }

  void skip_to(std::string_view end, size_t from) {
    const size_t found = page_.find(end, from);
    at_ = found == std::string_view::npos ? page_.size() : found + end.size();
  }

  void markup() {
    const std::string_view rest = page_.substr(at_);
    if (rest.starts_with("<!--")) {
      if (rest.starts_with("<!-->") || rest.starts_with("<!--->")) return skip_to(">", at_);
      return skip_to("-->", at_ + 4);
    }
    if (rest.starts_with("<![CDATA[")) return skip_to("]]>", at_);
    if (rest[1] == '!' || rest[1] == '?') return skip_to(">", at_);
    if (rest[1] != '/') return start_tag();
    if (rest.size() < 3 || !is_letter(rest[2])) return skip_to(">", at_);
    at_ += 2;
    const std::string_view written = read_name();
    skip_attributes();
    if (!closed_) return;  // the page ends inside the tag
    builder_.end(tag_of(Name(written).view()), written);
  }

  std::string_view read_name() {
    const size_t start = at_;
    while (at_ < page_.size() && !is_space(page_[at_]) && page_[at_] != '/' && page_[at_] != '>') ++at_;
    return page_.substr(start, at_ - start);
  }

  void skip_attributes() {
    std::string_view name, value;
    while (next_attribute(name, value)) {
    }
  }

  void start_tag() {
    ++at_;
    const std::string_view written = read_name();
    const Tag tag = tag_of(Name(written).view());
    builder_.begin_attributes();
    std::string_view name, value;
    while (next_attribute(name, value)) {
      if (name.size() > kLongestName) continue;
      const Name key(name);
      for (const KnownAttribute& known : kKnown) {
        if (known.name == key.view()) builder_.attribute(known.attribute, value);
      }
    }
    if (!closed_) return;
    builder_.start(tag, written);
    if (!tag_flags(tag).raw) return;
    const size_t end = raw_end(written);
    if (end > at_) builder_.text(page_.substr(at_, end - at_), tag == Tag::title || tag == Tag::textarea);
    at_ = end;  // the end tag, or the end of the page
  }

  // Where the raw text of an element ends: at its end tag.
  size_t raw_end(std::string_view name) const {
    size_t from = at_;
    while (true) {
      from = page_.find("</", from);
      if (from == std::string_view::npos) return page_.size();
      const size_t behind = from + 2 + name.size();
      if (behind < page_.size()) {
        const bool same = Name(page_.substr(from + 2, name.size())).view() == Name(name).view();
        if (same && (is_space(page_[behind]) || page_[behind] == '/' || page_[behind] == '>')) return from;
      }
      from += 2;
    }
  }

  // False at the tag's end, which is passed.
  bool next_attribute(std::string_view& name, std::string_view& value) {
    while (at_ < page_.size() && (is_space(page_[at_]) || page_[at_] == '/')) ++at_;
    closed_ = at_ < page_.size() && page_[at_] == '>';
    if (at_ >= page_.size()) return false;
    if (closed_) {
      ++at_;
      return false;
    }
    size_t start = at_++;  // a name may begin with =
    while (at_ < page_.size() && !is_space(page_[at_]) && page_[at_] != '/' && page_[at_] != '>' && page_[at_] != '=')
      ++at_;
    name = page_.substr(start, at_ - start);
    value = {};
    while (at_ < page_.size() && is_space(page_[at_])) ++at_;
    if (at_ >= page_.size() || page_[at_] != '=') return true;
    ++at_;
    while (at_ < page_.size() && is_space(page_[at_])) ++at_;
    if (at_ >= page_.size() || page_[at_] == '>') return true;
    const char quote = page_[at_];
    if (quote == '"' || quote == '\'') {
      start = ++at_;
      at_ = std::min(page_.find(quote, at_), page_.size());
      value = page_.substr(start, at_ - start);
      at_ = std::min(at_ + 1, page_.size());
    } else {
      start = at_;
      while (at_ < page_.size() && !is_space(page_[at_]) && page_[at_] != '>') ++at_;
      value = page_.substr(start, at_ - start);
    }
    return true;
  }

  std::string_view page_;
  HtmlTreeBuilder& builder_;
  size_t at_ = 0;
  bool closed_ = false;  // the tag that was read last came to its end
};

HtmlTree::HtmlTree(std::string_view page) {
  HtmlTreeBuilder builder(*this);
  HtmlTokens(page.substr(0, kMostBytes), builder).run();
}

std::string_view HtmlTree::attribute(int32_t node, Attribute name) const {
  const HtmlNode& element = nodes_[static_cast<size_t>(node)];
  const uint32_t bit = 1U << static_cast<int>(name);
  if ((element.attribute_set & bit) == 0) return {};
  // Values stand in the order of their names.
  return values_[element.attributes + static_cast<uint32_t>(std::popcount(element.attribute_set & (bit - 1)))];
}

}  // namespace persea::read
