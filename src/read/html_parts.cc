#include "read/html_parts.h"

#include <algorithm>
#include <array>
#include <string>

namespace persea::read {
namespace {

struct Hint {
  std::string_view word;
  Part part;
};

// Words of class names and ids ("sharing-buttons" has two), sorted. Where several speak, the strongest counts.
// clang-format off
constexpr auto kWords = std::to_array<Hint>({
    {"actions", Part::extra}, {"ad", Part::extra}, {"addthis", Part::extra}, {"addtoany", Part::extra},
    {"ads", Part::extra}, {"adsbygoogle", Part::extra}, {"adsense", Part::extra}, {"advert", Part::extra},
    {"advertisement", Part::extra}, {"advertising", Part::extra}, {"adverts", Part::extra}, {"anzeige", Part::extra},
    {"archives", Part::extra}, {"author", Part::about}, {"authorbox", Part::about}, {"authors", Part::about},
    {"autor", Part::about}, {"banner", Part::extra}, {"bio", Part::about}, {"blogroll", Part::extra},
    {"breadcrumb", Part::navigation}, {"breadcrumbs", Part::navigation}, {"byline", Part::about},
    {"caption", Part::caption}, {"captions", Part::caption}, {"cart", Part::extra}, {"categories", Part::about},
    {"catlinks", Part::navigation}, {"colophon", Part::frame}, {"comentarios", Part::comments},
    {"comment", Part::comments}, {"commentaires", Part::comments}, {"commentlist", Part::comments},
    {"comments", Part::comments}, {"consent", Part::extra}, {"contactbox", Part::extra}, {"cookie", Part::extra},
    {"cookies", Part::extra}, {"copyright", Part::frame}, {"crumb", Part::navigation}, {"crumbs", Part::navigation},
    {"cta", Part::extra}, {"date", Part::about}, {"dateline", Part::about}, {"dfp", Part::extra},
    {"disclaimer", Part::extra}, {"disqus", Part::comments}, {"donate", Part::extra}, {"donation", Part::extra},
    {"dropdown", Part::navigation}, {"feedback", Part::extra}, {"flyout", Part::extra}, {"footer", Part::frame},
    {"gdpr", Part::extra}, {"infobox", Part::extra}, {"komentarze", Part::comments}, {"kommentar", Part::comments},
    {"kommentare", Part::comments}, {"livefyre", Part::comments}, {"login", Part::extra}, {"masthead", Part::frame},
    {"megamenu", Part::navigation}, {"menu", Part::navigation}, {"menus", Part::navigation}, {"meta", Part::about},
    {"metadata", Part::about}, {"modal", Part::extra}, {"mostread", Part::extra}, {"nav", Part::navigation},
    {"navbar", Part::navigation}, {"navbox", Part::navigation}, {"navi", Part::navigation},
    {"navigation", Part::navigation}, {"newsletter", Part::extra}, {"noprint", Part::extra},
    {"onetrust", Part::extra}, {"outbrain", Part::extra}, {"pager", Part::navigation},
    {"pagination", Part::navigation}, {"paging", Part::navigation}, {"paywall", Part::extra},
    {"pingback", Part::comments}, {"popular", Part::extra}, {"popup", Part::extra}, {"postmeta", Part::about},
    {"postmetadata", Part::about}, {"prevnext", Part::navigation}, {"promo", Part::extra}, {"promos", Part::extra},
    {"promotion", Part::extra}, {"pubdate", Part::about}, {"publicidad", Part::extra}, {"publicite", Part::extra},
    {"published", Part::about}, {"rating", Part::extra}, {"ratings", Part::extra}, {"recirc", Part::extra},
    {"recirculation", Part::extra}, {"recommendation", Part::extra}, {"recommendations", Part::extra},
    {"recommended", Part::extra}, {"reklama", Part::extra}, {"related", Part::extra}, {"respond", Part::comments},
    {"reviews", Part::comments}, {"share", Part::extra}, {"sharebar", Part::extra}, {"sharedaddy", Part::extra},
    {"shares", Part::extra}, {"sharethis", Part::extra}, {"sharing", Part::extra}, {"sidebar", Part::frame},
    {"sidenav", Part::navigation}, {"signature", Part::extra}, {"signin", Part::extra}, {"signup", Part::extra},
    {"sitemap", Part::navigation}, {"social", Part::extra}, {"socials", Part::extra}, {"sponsor", Part::extra},
    {"sponsored", Part::extra}, {"submenu", Part::navigation}, {"subscribe", Part::extra},
    {"subscription", Part::extra}, {"taboola", Part::extra}, {"tagcloud", Part::extra}, {"taglist", Part::about},
    {"tags", Part::about}, {"teaser", Part::extra}, {"teasers", Part::extra}, {"teilen", Part::extra},
    {"timestamp", Part::about}, {"toc", Part::navigation}, {"toolbar", Part::extra}, {"toolbox", Part::extra},
    {"topbar", Part::frame}, {"trackback", Part::comments}, {"trackbacks", Part::comments}, {"trending", Part::extra},
    {"upsell", Part::extra}, {"werbung", Part::extra}, {"widget", Part::extra}, {"widgets", Part::extra},
    {"wishlist", Part::extra},
});

// Whole names, sorted.
constexpr auto kNames = std::to_array<Hint>({
    {"anchor-link", Part::never}, {"article-body", Part::content}, {"article-content", Part::content},
    {"article-text", Part::content}, {"article__body", Part::content}, {"article__content", Part::content},
    {"articlebody", Part::content}, {"articlecontent", Part::content}, {"articletext", Part::content},
    {"blog-content", Part::content}, {"body-content", Part::content}, {"content-body", Part::content},
    {"entry", Part::content}, {"entry-body", Part::content}, {"entry-content", Part::content},
    {"entry-text", Part::content}, {"entry_content", Part::content}, {"gutter", Part::never},
    {"headerlink", Part::never}, {"hentry", Part::content}, {"line-numbers", Part::never},
    {"line-numbers-rows", Part::never}, {"lineno", Part::never}, {"linenos", Part::never},
    {"linenumber", Part::never}, {"markdown-body", Part::content}, {"mw-content-text", Part::content},
    {"mw-editsection", Part::never}, {"mw-jump-link", Part::never}, {"mw-parser-output", Part::content},
    {"post-body", Part::content}, {"post-content", Part::content}, {"post-text", Part::content},
    {"post__content", Part::content}, {"post_content", Part::content}, {"postbody", Part::content},
    {"postcontent", Part::content}, {"posttext", Part::content}, {"prose", Part::content},
    {"rst-content", Part::content}, {"screen-reader-only", Part::never}, {"screen-reader-text", Part::never},
    {"screenreader-only", Part::never}, {"skip-link", Part::never}, {"skip-to-content", Part::never},
    {"skiplink", Part::never}, {"sr-only", Part::never}, {"story-body", Part::content},
    {"story-content", Part::content}, {"storybody", Part::content}, {"storytext", Part::content},
    {"td-post-content", Part::content}, {"theme-doc-markdown", Part::content}, {"thumbcaption", Part::caption},
    {"type-post", Part::content}, {"visually-hidden", Part::never}, {"visuallyhidden", Part::never},
});
// clang-format on

constexpr bool by_word(const Hint& a, const Hint& b) { return a.word < b.word; }
static_assert(std::is_sorted(kWords.begin(), kWords.end(), by_word));
static_assert(std::is_sorted(kNames.begin(), kNames.end(), by_word));

Part look_up(const Hint* begin, const Hint* end, std::string_view word) {
  const Hint* found = std::lower_bound(begin, end, Hint{word, Part::plain}, by_word);
  return found != end && found->word == word ? found->part : Part::plain;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; }
bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

Part stronger(Part a, Part b) { return std::max(a, b); }

// Of one name of a class, or an id.
Part part_of_name(std::string_view name) {
  if (name.size() > 64) return Part::plain;
  std::string small;
  for (const char c : name) small += lower(c);
  if (const Part whole = look_up(kNames.begin(), kNames.end(), small); whole != Part::plain) return whole;
  // "has-sidebar" and "no-comments" tell of others.
  for (const std::string_view prefix : {"has-", "no-", "with-", "without-", "is-", "js-", "wp-",
                                        "md:", "lg:", "sm:", "category-", "tag-", "post-type"}) {
    if (small.starts_with(prefix)) return Part::plain;
  }
  Part part = Part::plain;
  for (size_t at = 0; at < name.size();) {
    if (!is_letter(name[at])) {
      ++at;
      continue;
    }
    size_t end = at + 1;
    while (end < name.size() && is_letter(name[end]) && !(is_upper(name[end]) && !is_upper(name[end - 1]))) ++end;
    const std::string_view word = std::string_view(small).substr(at, end - at);
    if (word == "has" || word == "no" || word == "with" || word == "without") return Part::plain;
    if (word.starts_with("widget") && small.starts_with("elementor")) return Part::plain;  // every part of such a page
    part = stronger(part, look_up(kWords.begin(), kWords.end(), word));
    at = end;
  }
  return part;
}

Part part_of_names(std::string_view names) {
  Part part = Part::plain;
  size_t count = 0;
  while (!names.empty() && count++ < 24) {
    const size_t start = names.find_first_not_of(" \t\n\r\f");
    if (start == std::string_view::npos) break;
    const size_t end = std::min(names.find_first_of(" \t\n\r\f", start), names.size());
    const std::string_view name = names.substr(start, end - start);
    if (name == "hentry" || name == "type-post") return Part::content;  // beside the post's categories and its author
    part = stronger(part, part_of_name(name));
    names.remove_prefix(end);
  }
  return part;
}

Part part_of_role(std::string_view role) {
  if (role == "main" || role == "article") return Part::content;
  if (role == "navigation" || role == "menu" || role == "menubar" || role == "toolbar" || role == "tablist")
    return Part::navigation;
  if (role == "banner" || role == "contentinfo") return Part::frame;
  if (role == "search" || role == "dialog" || role == "alertdialog" || role == "tooltip") return Part::extra;
  return Part::plain;
}

Part part_of(const HtmlTree& tree, int32_t node) {
  const Tag tag = tree[node].tag;
  Part part = Part::plain;
  switch (tag) {
    case Tag::html:
    case Tag::body:
      return Part::plain;  // their classes tell of the whole page
    case Tag::nav:
    case Tag::menu:
    case Tag::search:
      return Part::navigation;
    case Tag::article:
    case Tag::main:
      part = Part::content;
      break;
    case Tag::footer:
      part = Part::frame;
      break;
    case Tag::figcaption:
      part = Part::caption;
      break;
    default:
      break;
  }
  if (tree[node].attribute_set == 0) return part;
  part = stronger(part, part_of_role(tree.attribute(node, Attribute::role)));
  if (tree.attribute(node, Attribute::itemprop) == "articleBody") part = stronger(part, Part::content);
  part = stronger(part, part_of_names(tree.attribute(node, Attribute::class_)));
  return stronger(part, part_of_names(tree.attribute(node, Attribute::id)));
}

// A mark to link to a heading by: "#", or a sign like it.
bool is_anchor_mark(const HtmlTree& tree, int32_t node) {
  if (tree[node].tag != Tag::a || tree[node].end != node + 2 || !tree.attribute(node, Attribute::href).starts_with('#'))
    return false;
  const std::string_view text = tree[node + 1].text;
  return text == "#" || text == "\xc2\xb6" || text == "\xc2\xa7";
}

// A note's number, as encyclopedias have them behind sentences.
bool is_note_number(const HtmlTree& tree, int32_t node) {
  return tree[node].tag == Tag::sup &&
         tree.attribute(node, Attribute::class_).find("reference") != std::string_view::npos;
}

bool is_short(const HtmlTree& tree, int32_t node) {
  size_t bytes = 0;
  const int32_t end = std::min(tree[node].end, node + 200);
  for (int32_t inside = node + 1; inside < end; ++inside)
    bytes += tree[inside].tag == Tag::text ? tree[inside].text.size() : 0;
  return end == tree[node].end && bytes < 100;
}

}  // namespace

std::vector<Part> find_parts(const HtmlTree& tree, GoneNodes& gone) {
  std::vector<Part> parts(tree.nodes().size(), Part::plain);
  int32_t listing = 0;  // the end of the one that is open: there, names tell colours
  for (int32_t node = 0; node < tree.size();) {
    const Tag tag = tree[node].tag;
    Part part = Part::plain;
    if (gone[static_cast<size_t>(node)] == 0 && tag != Tag::text) {
      if (tag == Tag::pre || tag == Tag::code) listing = std::max(listing, tree[node].end);
      part = part_of(tree, node);
      if (is_anchor_mark(tree, node) || is_note_number(tree, node)) part = Part::never;
      if (node < listing && part != Part::never) part = Part::plain;
      const bool numbers = part == Part::never && (node < listing || tag == Tag::td);
      if (numbers || (part == Part::never && is_short(tree, node))) gone[static_cast<size_t>(node)] = 1;
      parts[static_cast<size_t>(node)] = part;
    }
    node = gone[static_cast<size_t>(node)] != 0 ? tree[node].end : node + 1;
  }
  return parts;
}

}  // namespace persea::read
