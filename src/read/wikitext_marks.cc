#include "read/wikitext_marks.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "text/unicode.h"

namespace persea::read {
namespace {

constexpr size_t kDeepest = 100;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

template <size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Namespaces of what is no part of the text, in the languages of the largest wikis.
constexpr std::array<std::string_view, 22> kDropped{
    "file",      "image",      "category",  "media",  "datei",    "bild",      "kategorie", "fichier",
    "catégorie", "archivo",    "categoría", "imagen", "immagine", "categoria", "ficheiro",  "imagem",
    "bestand",   "afbeelding", "categorie", "plik",   "файл",     "категория"};
// Elements that hold no text of the page.
constexpr std::array<std::string_view, 11> kDroppedTags{"ref",        "gallery",      "timeline", "score",
                                                        "imagemap",   "templatedata", "graph",    "hiero",
                                                        "references", "mapframe",     "maplink"};
// Templates that stand for what is in them: the last of their plain arguments.
constexpr std::array<std::string_view, 16> kShown{"lang",   "langx",  "nowrap", "transl", "transliteration", "small",
                                                  "nobold", "nobr",   "abbr",   "big",    "smallcaps",       "sc",
                                                  "em",     "strong", "var",    "mvar"};

struct Frame {
  enum class Kind { root, template_, link, table, dropped } kind;
  std::string tag;  // dropped: the element that ends it
  std::string text;
};

class Resolver {
 public:
  explicit Resolver(std::string_view markup) : markup_(markup) { frames_.push_back({Frame::Kind::root, "", ""}); }

  std::string run() {
    while (at_ < markup_.size()) step();
    while (frames_.size() > 1) fold();
    return std::move(frames_.front().text);
  }

 private:
  std::string& out() { return frames_.back().text; }
  bool line_start() const {
    size_t before = at_;
    while (before > 0 && (markup_[before - 1] == ' ' || markup_[before - 1] == ':')) --before;
    return before == 0 || markup_[before - 1] == '\n';
  }

  // The open frame on top, which does not close: what is in it is text, but for a table or what is dropped.
  void fold() {
    Frame top = std::move(frames_.back());
    frames_.pop_back();
    if (top.kind == Frame::Kind::link || top.kind == Frame::Kind::template_) out() += top.text;
  }

  // Closes down to the nearest frame of this kind; false where there is none.
  bool close(Frame::Kind kind, std::string_view tag, Frame& closed) {
    size_t i = frames_.size() - 1;
    while (i > 0 && (frames_[i].kind != kind || frames_[i].tag != tag)) {
      // A link or template that is open within a table or reference ends there; but these do not end within a template.
      --i;
    }
    if (i == 0) return false;
    while (frames_.size() > i + 1) fold();
    closed = std::move(frames_.back());
    frames_.pop_back();
    return true;
  }

  bool open(Frame::Kind kind, std::string tag, size_t length) {
    if (frames_.size() >= kDeepest) return false;
    frames_.push_back({kind, std::move(tag), ""});
    at_ += length;
    return true;
  }

  void step() {
    static constexpr ByteSet kMarks("{}[]<&|'_");
    const size_t next = kMarks.find(markup_, at_);
    out().append(markup_, at_, next - at_);
    at_ = next;
    if (at_ == markup_.size()) return;
    const std::string_view left = markup_.substr(at_);
    Frame closed;
    if (left.starts_with("{|") && line_start() && open(Frame::Kind::table, "", 2)) return;
    if (left.starts_with("|}") && !left.starts_with("|}}") && close(Frame::Kind::table, "", closed)) {
      at_ += 2;
      return;
    }
    if (left.starts_with("{{") && open(Frame::Kind::template_, "", 2)) return;
    if (left.starts_with("}}") && close(Frame::Kind::template_, "", closed)) {
      at_ += 2;
      out() += template_text(closed.text);
      return;
    }
    if (left.starts_with("[[") && open(Frame::Kind::link, "", 2)) return;
    if (left.starts_with("]]") && close(Frame::Kind::link, "", closed)) {
      at_ += 2;
      out() += link_text(closed.text);
      return;
    }
    if (left[0] == '[' && external_link(left)) return;
    if (left[0] == '<' && tag(left)) return;
    if (left[0] == '&' && entity(left)) return;
    if (left.starts_with("''")) {  // bold and italics
      while (at_ < markup_.size() && markup_[at_] == '\'') ++at_;
      return;
    }
    if (left.starts_with("__") && magic_word(left)) return;
    out() += left[0];
    ++at_;
  }

  static std::string template_text(std::string_view inner) {
    const size_t bar = inner.find('|');
    const std::string name = lowered(trim(inner.substr(0, bar)));
    if (name == "nbsp" || name == "space") return " ";
    if (name == "ndash" || name == "endash" || name == "–") return "–";
    if (name == "mdash" || name == "emdash" || name == "—" || name == "snd" || name == "spnd") return " – ";
    if (name == "!") return "|";
    if (name == "=") return "=";
    if (bar == std::string_view::npos) return "";
    if (name == "convert" || name == "cvt") {
      const std::string_view rest = inner.substr(bar + 1);
      const size_t second = rest.find('|');
      if (second == std::string_view::npos) return "";
      const std::string_view unit = rest.substr(second + 1, rest.find('|', second + 1) - second - 1);
      return std::string(trim(rest.substr(0, second))) + " " + std::string(trim(unit));
    }
    if (!is_one_of(name, kShown) && !name.starts_with("lang-")) return "";
    std::string_view last;
    for (size_t at = bar; at != std::string_view::npos;) {
      const size_t next = inner.find('|', at + 1);
      const std::string_view argument = inner.substr(at + 1, next - at - 1);
      if (argument.find('=') == std::string_view::npos) last = argument;
      if (name == "abbr") break;  // the second says what it means
      if (name.starts_with("lang-")) break;
      at = next;
    }
    return std::string(trim(last));
  }

  static std::string link_text(std::string_view inner) {
    std::string_view target = inner.substr(0, inner.find('|'));
    const bool colon = target.starts_with(':');
    if (colon) target.remove_prefix(1);
    if (const size_t at = target.find(':'); at != std::string_view::npos && at < 24) {
      const std::string space = lowered(trim(target.substr(0, at)));
      const bool foreign = inner.find('|') == std::string_view::npos && space.size() >= 2 && space.size() <= 3 &&
                           std::all_of(space.begin(), space.end(), letter);
      if (!colon && (is_one_of(space, kDropped) || foreign)) return "";
    }
    const size_t bar = inner.find('|');
    if (bar == std::string_view::npos) return std::string(trim(target));
    std::string_view label = trim(inner.substr(bar + 1));
    if (!label.empty()) return std::string(label);
    label = target.substr(0, target.find(" ("));  // "[[Mercury (planet)|]]"
    if (const size_t at = label.find(':'); at != std::string_view::npos) label.remove_prefix(at + 1);
    return std::string(trim(label));
  }

  // "[https://x.org its name]" -> its name; "[https://x.org]" -> nothing.
  bool external_link(std::string_view left) {
    const std::string_view inner = left.substr(1, 1000);
    if (!inner.starts_with("http://") && !inner.starts_with("https://") && !inner.starts_with("//") &&
        !inner.starts_with("ftp://") && !inner.starts_with("mailto:")) {
      return false;
    }
    const size_t end = inner.find_first_of("]\n");
    if (end == std::string_view::npos || inner[end] != ']') return false;
    const size_t space = inner.substr(0, end).find(' ');
    // The name may hold marks of its own: it is read on, and the bracket that ends it taken away here.
    if (space == std::string_view::npos) {
      at_ += end + 2;
      return true;
    }
    const std::string name = Resolver(inner.substr(space + 1, end - space - 1)).run();
    out() += name;
    at_ += end + 2;
    return true;
  }

  // Where "</name" begins at or behind `from`; npos where it does not. What was found is kept: nothing is looked for
  // twice.
  size_t end_tag(const std::string& name, size_t from) {
    size_t& found = end_tags_.try_emplace(name, 0).first->second;
    if (found != 0 && found >= from) return found;
    for (size_t at = from; (at = markup_.find("</", at)) != std::string_view::npos; at += 2) {
      const std::string_view rest = markup_.substr(at + 2, name.size());
      if (rest.size() == name.size() &&
          std::equal(rest.begin(), rest.end(), name.begin(), [](char a, char b) { return lower(a) == b; })) {
        return found = at;
      }
    }
    return found = std::string_view::npos;
  }

  bool tag(std::string_view left) {
    if (left.starts_with("<!--")) {
      const size_t end = no_comment_end_ ? std::string_view::npos : left.find("-->", 4);
      if (end == std::string_view::npos) {
        no_comment_end_ = true;
        return false;
      }
      at_ += end + 3;
      // A comment alone on its line takes the line with it.
      if ((out().empty() || out().back() == '\n') && at_ < markup_.size() && markup_[at_] == '\n') ++at_;
      return true;
    }
    size_t i = 1;
    const bool end = left.size() > 1 && left[1] == '/';
    if (end) ++i;
    const size_t begin = i;
    while (i < left.size() && (letter(left[i]) || (i > begin && left[i] >= '0' && left[i] <= '9'))) ++i;
    if (i == begin || i - begin > 20) return false;
    const std::string name = lowered(left.substr(begin, i - begin));
    const size_t close_at = left.substr(0, 4096).find('>', i);
    if (close_at == std::string_view::npos) return false;
    const bool alone = left[close_at - 1] == '/';
    Frame closed;
    if (end) {
      if (is_one_of(name, kDroppedTags)) close(Frame::Kind::dropped, name, closed);
      at_ += close_at + 1;
      return true;
    }
    if (is_one_of(name, kDroppedTags) && !alone) {
      if (end_tag(name, at_) == std::string_view::npos || !open(Frame::Kind::dropped, name, close_at + 1)) {
        at_ += close_at + 1;
      }
      return true;
    }
    if (name == "br" || name == "hr") out() += '\n';
    const bool raw = name == "nowiki" || name == "math" || name == "pre" || name == "syntaxhighlight" ||
                     name == "source" || name == "chem" || name == "ce";
    at_ += close_at + 1;
    if (!raw || alone) return true;
    const size_t stop = end_tag(name, at_);
    if (stop == std::string_view::npos) return true;
    const std::string_view inner = markup_.substr(at_, stop - at_);
    if (name == "math" || name == "chem" || name == "ce") {
      out() += '$' + std::string(trim(inner)) + '$';
    } else if (name == "nowiki") {
      out() += inner;
    } else {
      out() += '\n' + std::string(inner) + '\n';
    }
    at_ = std::min(markup_.find('>', stop), markup_.size() - 1) + 1;
    return true;
  }

  bool entity(std::string_view left) {
    const size_t end = left.substr(0, 12).find(';');
    if (end == std::string_view::npos) return false;
    const std::string_view name = left.substr(1, end - 1);
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 20> kNames{
        {{"amp", "&"},    {"lt", "<"},    {"gt", ">"},     {"quot", "\""},  {"nbsp", " "},
         {"ndash", "–"},  {"mdash", "—"}, {"thinsp", " "}, {"ensp", " "},   {"emsp", " "},
         {"hellip", "…"}, {"minus", "−"}, {"times", "×"},  {"middot", "·"}, {"bull", "•"},
         {"deg", "°"},    {"prime", "′"}, {"rarr", "→"},   {"larr", "←"},   {"shy", ""}}};
    for (const auto& [known, text] : kNames) {
      if (name != known) continue;
      out() += text;
      at_ += end + 1;
      return true;
    }
    if (!name.starts_with('#')) return false;
    const bool hex = name.size() > 1 && lower(name[1]) == 'x';
    uint32_t code = 0;
    for (const char c : name.substr(hex ? 2 : 1)) {
      const char l = lower(c);
      const int digit = l >= '0' && l <= '9' ? l - '0' : hex && l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
      if (digit < 0 || code > 0x110000) return false;
      code = code * (hex ? 16 : 10) + static_cast<uint32_t>(digit);
    }
    if (code < 0x20 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    unicode::append_utf8(code == 0xa0 ? ' ' : code, out());
    at_ += end + 1;
    return true;
  }

  bool magic_word(std::string_view left) {
    size_t i = 2;
    while (i < left.size() && i < 40 && left[i] >= 'A' && left[i] <= 'Z') ++i;
    if (i == 2 || !left.substr(i).starts_with("__")) return false;
    at_ += i + 2;
    return true;
  }

  std::string_view markup_;
  size_t at_ = 0;
  std::vector<Frame> frames_;
  std::map<std::string, size_t> end_tags_;  // where the next ends of elements are; 0: not looked for
  bool no_comment_end_ = false;
};

}  // namespace

std::string resolve_marks(std::string_view markup) { return Resolver(markup).run(); }

}  // namespace persea::read
