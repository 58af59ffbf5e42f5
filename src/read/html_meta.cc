#include "read/html_meta.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/json.h"
#include "read/html_characters.h"
#include "read/html_entities.h"

namespace persea::read {
namespace {

constexpr size_t kLongestValue = 1000;         // bytes of a title, a name or an address
constexpr size_t kLongestData = 1 << 20;       // of one piece of JSON-LD
constexpr size_t kMostData = size_t{1} << 22;  // of all of them

enum class Field : uint8_t { title, address, author, date, language };

struct MetaName {
  std::string_view name;
  Field field;
  int rank;  // the lowest counts
};
// clang-format off
constexpr auto kMetaNames = std::to_array<MetaName>({
    {"og:title", Field::title, 2}, {"twitter:title", Field::title, 3}, {"dc.title", Field::title, 4},
    {"og:url", Field::address, 2}, {"twitter:url", Field::address, 3},
    {"article:author", Field::author, 4}, {"author", Field::author, 2}, {"byl", Field::author, 3}, {"citation_author", Field::author, 2},
    {"dc.creator", Field::author, 3}, {"parsely-author", Field::author, 3}, {"sailthru.author", Field::author, 3},
    {"article:published_time", Field::date, 2}, {"citation_publication_date", Field::date, 3}, {"date", Field::date, 4}, {"dc.date", Field::date, 4},
    {"dc.date.issued", Field::date, 3}, {"dcterms.created", Field::date, 3}, {"dcterms.date", Field::date, 4}, {"parsely-pub-date", Field::date, 3},
    {"pubdate", Field::date, 3}, {"publish-date", Field::date, 3}, {"publish_date", Field::date, 3}, {"sailthru.date", Field::date, 4},
    {"content-language", Field::language, 2}, {"dc.language", Field::language, 2}, {"og:locale", Field::language, 3},
});
// clang-format on

std::string lower_case(std::string_view text) {
  std::string small(text);
  for (char& c : small) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 32 : c);
  return small;
}

// One line of it, without the white space around.
std::string one_line(std::string_view text) {
  std::string clean, line;
  append_clean(text.substr(0, 4 * kLongestValue), clean);
  append_collapsed(clean, line);
  if (line.size() > kLongestValue) line.clear();
  return line;
}

bool is_address(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

class MetaReader {
 public:
  explicit MetaReader(const HtmlTree& tree) : tree_(tree), gone_(tree.nodes().size(), 0) {}

  HtmlMeta run() {
    for (int32_t node = 0; node < tree_.size(); ++node) read(node);
    HtmlMeta meta;
    meta.address = take(Field::address);
    meta.author = take(Field::author);
    meta.date = take(Field::date);
    if (meta.date.size() > 10 && meta.date[4] == '-' && meta.date[7] == '-') meta.date.resize(10);
    meta.language = take(Field::language);
    std::replace(meta.language.begin(), meta.language.end(), '_', '-');
    meta.title = title();
    meta.body = std::move(body_);
    return meta;
  }

 private:
  // Keeps a value if none of a better rank is known; of the same rank the first one counts.
  void offer(Field field, int rank, std::string_view value) {
    const auto i = static_cast<size_t>(field);
    if (value.empty() || (ranks_[i] != 0 && ranks_[i] <= rank)) return;
    if (field == Field::author && (is_address(value) || value.size() > 200)) return;
    if (field == Field::date && value.size() > 64) return;
    std::string line = one_line(value);
    if (line.empty()) return;
    ranks_[i] = rank;
    values_[i] = std::move(line);
  }

  std::string take(Field field) { return std::move(values_[static_cast<size_t>(field)]); }

  void read(int32_t node) {
    const HtmlNode& element = tree_[node];
    switch (element.tag) {
      case Tag::html:
        offer(Field::language, 1, tree_.attribute(node, Attribute::lang));
        break;
      case Tag::title:
        if (title_.empty()) title_ = text_of(node);
        break;
      case Tag::h1:
        if (++headings_ == 1) heading_ = text_of(node);
        break;
      case Tag::meta:
        read_meta_element(node);
        break;
      case Tag::link:
        if (lower_case(tree_.attribute(node, Attribute::rel)) == "canonical")
          offer(Field::address, 1, tree_.attribute(node, Attribute::href));
        break;
      case Tag::script:
        if (tree_.attribute(node, Attribute::type) == "application/ld+json") read_data(node);
        break;
      case Tag::time:
        offer(Field::date, 7, tree_.attribute(node, Attribute::datetime));
        break;
      case Tag::a:
        if (tree_.attribute(node, Attribute::rel) == "author") offer(Field::author, 6, text_of(node));
        break;
      default:
        break;
    }
    if (tree_.has(node, Attribute::itemprop)) read_property(node);
    if (ranks_[static_cast<size_t>(Field::author)] == 0 || ranks_[static_cast<size_t>(Field::author)] > 8)
      read_byline(node);
  }

  std::string text_of(int32_t node) const {
    const int32_t end = std::min(tree_[node].end, node + 64);
    size_t bytes = 0;
    for (int32_t inside = node; inside < end && bytes <= 8 * kLongestValue; ++inside)
      bytes += tree_[inside].text.size();
    if (bytes > 8 * kLongestValue) return {};
    std::string text = plain_text(tree_, gone_, node, end);
    if (text.size() > kLongestValue) text.clear();
    return text;
  }

  void read_meta_element(int32_t node) {
    const std::string_view content = tree_.attribute(node, Attribute::content);
    for (const Attribute key : {Attribute::property, Attribute::name}) {
      const std::string name = lower_case(tree_.attribute(node, key).substr(0, 64));
      if (name.empty()) continue;
      if (name == "og:site_name" && site_.empty()) site_ = one_line(content);
      for (const MetaName& known : kMetaNames) {
        if (known.name == name) offer(known.field, known.rank, content);
      }
    }
  }

  void read_property(int32_t node) {
    const std::string_view name = tree_.attribute(node, Attribute::itemprop);
    const std::string_view content = tree_.attribute(node, Attribute::content);
    const std::string_view time = tree_.attribute(node, Attribute::datetime);
    if (name == "datePublished")
      offer(Field::date, 3, !content.empty() ? content : !time.empty() ? time : text_of(node));
    if (name == "headline") offer(Field::title, 4, content.empty() ? text_of(node) : content);
    if (name == "author" || name == "creator") offer(Field::author, 5, content.empty() ? text_of(node) : content);
  }

  // "By Name" in an element that calls itself so.
  void read_byline(int32_t node) {
    const std::string_view names = tree_.attribute(node, Attribute::class_);
    if (names.empty() || names.size() > 200) return;
    if (names.find("byline") == std::string_view::npos && names.find("author") == std::string_view::npos) return;
    std::string text = text_of(node);
    if (text.size() < 4 || text.size() > 60) return;
    for (const std::string_view before : {"By ", "by ", "BY ", "Von ", "von ", "Par ", "Por "}) {
      if (text.starts_with(before)) return offer(Field::author, 8, std::string_view(text).substr(before.size()));
    }
    if (text.find_first_of("0123456789*:@,|") == std::string::npos && text.find(' ') != std::string::npos)
      offer(Field::author, 9, text);
  }

  void read_data(int32_t node) {
    if (node + 1 >= tree_[node].end) return;
    const std::string_view text = tree_[node + 1].text;
    if (text.size() > kLongestData || (data_ += text.size()) > kMostData) return;
    const auto value = parse_json(text, "JSON-LD");
    if (value) read_value(*value);
  }

  // Walks through all objects without recursion.
  void read_value(const Json& value) {
    std::vector<const Json*> open{&value};
    while (!open.empty()) {
      const Json& here = *open.back();
      open.pop_back();
      if (here.is_array()) {
        for (auto item = here.rbegin(); item != here.rend(); ++item) open.push_back(&*item);
      } else if (here.is_object()) {
        read_object(here);
        if (const auto graph = here.find("@graph"); graph != here.end()) open.push_back(&*graph);
        if (const auto entity = here.find("mainEntity"); entity != here.end()) open.push_back(&*entity);
      }
    }
  }

  static std::string string_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? unescaped(found->get<std::string>()) : std::string();
  }

  static std::string unescaped(const std::string& text) {
    std::string out;
    append_unescaped(text, false, out);
    return out;
  }

  static std::string names_of(const Json& value) {
    if (value.is_string()) return unescaped(value.get<std::string>());
    if (value.is_object()) return string_of(value, "name");
    std::string names;
    if (!value.is_array()) return names;
    for (const Json& one : value) {
      const std::string name = one.is_array() ? std::string() : names_of(one);
      if (name.empty() || is_address(name)) continue;
      names += names.empty() ? name : ", " + name;
    }
    return names;
  }

  void read_object(const Json& object) {
    const auto type = object.find("@type");
    if (type == object.end()) return;
    std::string kind = type->is_string() ? type->get<std::string>() : std::string();
    if (type->is_array() && !type->empty() && type->front().is_string()) kind = type->front().get<std::string>();
    const bool article = kind.ends_with("Article") || kind.ends_with("Posting") || kind == "Report" ||
                         kind == "Recipe" || kind == "Review";
    if (!article) {
      if (kind == "WebPage") offer(Field::date, 5, string_of(object, "datePublished"));
      return;
    }
    offer(Field::title, 1, string_of(object, "headline"));
    offer(Field::date, 1, string_of(object, "datePublished"));
    offer(Field::address, 3, string_of(object, "url"));
    offer(Field::language, 4, string_of(object, "inLanguage"));
    if (const auto author = object.find("author"); author != object.end()) offer(Field::author, 1, names_of(*author));
    if (std::string body = string_of(object, "articleBody"); body.size() > body_.size()) append_body(body);
  }

  void append_body(const std::string& body) {
    body_.clear();
    append_clean(body, body_);
  }

  // A page's heading says it best, where other places say it too; what they add is the site's name mostly.
  std::string title() {
    std::string told = take(Field::title);
    for (const std::string* other : {&told, &title_}) {
      if (headings_ == 1 && heading_.size() > 2 && other->find(heading_) != std::string::npos) return heading_;
    }
    if (told.empty()) told = title_;
    for (const std::string_view mark : {" | ", " - ", " – ", " — ", " :: ", " « ", " » "}) {
      const size_t at = told.rfind(mark);
      if (at == std::string::npos || at < 4) continue;
      const std::string_view behind = std::string_view(told).substr(at + mark.size());
      if (behind == site_ || (site_.empty() && behind.size() < at && behind.size() < 32 && told == title_))
        told.resize(at);
      break;
    }
    return told.empty() ? heading_ : told;
  }

  const HtmlTree& tree_;
  const GoneNodes gone_;  // nothing
  std::array<std::string, 5> values_;
  std::array<int, 5> ranks_{};
  std::string title_, heading_, site_, body_;
  int headings_ = 0;
  size_t data_ = 0;
};

}  // namespace

HtmlMeta read_meta(const HtmlTree& tree) { return MetaReader(tree).run(); }

}  // namespace persea::read
