#include "read/wikitext.h"

#include <algorithm>
#include <array>
#include <vector>

#include "read/text_normalizer.h"
#include "read/wikitext_marks.h"

namespace persea::read {
namespace {

// Sections that only list sources and other pages.
constexpr std::array<std::string_view, 32> kLists{"references",
                                                  "external links",
                                                  "see also",
                                                  "notes",
                                                  "further reading",
                                                  "bibliography",
                                                  "sources",
                                                  "footnotes",
                                                  "citations",
                                                  "notes and references",
                                                  "einzelnachweise",
                                                  "weblinks",
                                                  "siehe auch",
                                                  "literatur",
                                                  "quellen",
                                                  "anmerkungen",
                                                  "références",
                                                  "liens externes",
                                                  "voir aussi",
                                                  "notes et références",
                                                  "bibliographie",
                                                  "annexes",
                                                  "referencias",
                                                  "enlaces externos",
                                                  "véase también",
                                                  "bibliografía",
                                                  "note",
                                                  "collegamenti esterni",
                                                  "voci correlate",
                                                  "bibliografia",
                                                  "ligações externas",
                                                  "referências"};

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool lists_only(std::string_view heading) {
  std::string lower(heading);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::find(kLists.begin(), kLists.end(), lower) != kLists.end();
}

// "== History ==" -> 2 and "History"; 0 where the line is no heading.
size_t heading_level(std::string_view line, std::string_view& title) {
  line = trim(line);
  size_t level = 0;
  while (level < line.size() && level < 6 && line[level] == '=') ++level;
  if (level == 0 || line.size() < 2 * level + 1 || line.substr(line.size() - level) != line.substr(0, level)) return 0;
  title = trim(line.substr(level, line.size() - 2 * level));
  return title.empty() ? 0 : level;
}

// What templates that were dropped leave behind: "Rome ( , ; ) is" -> "Rome is".
std::string tidy(std::string_view line) {
  std::string out;
  out.reserve(line.size());
  for (size_t i = 0; i < line.size(); ++i) {
    static constexpr ByteSet kPlaces("( \t,.)");
    const size_t next = kPlaces.find(line, i);
    out.append(line, i, next - i);
    if ((i = next) == line.size()) break;
    if (line[i] == '(') {
      size_t end = i + 1;
      while (end < line.size() && (line[end] == ' ' || line[end] == ',' || line[end] == ';' || line[end] == ':')) ++end;
      if (end < line.size() && line[end] == ')') {
        i = end;
        if (out.ends_with(' ') && i + 1 < line.size()) out.pop_back();
        continue;
      }
      out += '(';
      if (end > i + 1 && end - i < 8) i = end - 1;  // "(; born 1900)" -> "(born 1900)"
      continue;
    }
    if ((line[i] == ' ' || line[i] == '\t') && out.ends_with(' ')) continue;
    if ((line[i] == ',' || line[i] == '.' || line[i] == ')') && out.ends_with(' ') && out.size() > 1) out.pop_back();
    out += line[i];
  }
  return std::string(trim(out));
}

struct Section {
  size_t level;
  std::string_view title;
  bool written;
};

class Lines {
 public:
  std::string run(std::string_view text) {
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      line(text.substr(at, end - at));
      at = end + 1;
    }
    while (out_.ends_with('\n')) out_.pop_back();
    if (!out_.empty()) out_ += '\n';
    return std::move(out_);
  }

 private:
  void line(std::string_view line) {
    std::string_view title;
    if (const size_t level = heading_level(line, title); level > 0) {
      while (!open_.empty() && open_.back().level >= level) open_.pop_back();
      if (dropped_ > 0 && level > dropped_) return;
      dropped_ = lists_only(title) ? level : 0;
      if (dropped_ == 0) open_.push_back({level, title, false});
      paragraph_ = true;
      return;
    }
    if (dropped_ > 0) return;
    if (blank(line)) {
      paragraph_ = true;
      return;
    }
    if (line.starts_with("----")) line.remove_prefix(std::min(line.find_first_not_of('-'), line.size()));
    size_t marks = 0;
    bool item = false;
    while (marks < line.size() &&
           (line[marks] == '*' || line[marks] == '#' || line[marks] == ':' || line[marks] == ';')) {
      item = item || line[marks] == '*' || line[marks] == '#';
      ++marks;
    }
    const std::string text = tidy(line.substr(marks));
    if (text.find_first_not_of(" ,.;:|!-*") == std::string::npos) return;
    for (Section& section : open_) {  // a heading is written when something comes under it
      if (section.written) continue;
      section.written = true;
      separate(true);
      out_ += tidy(section.title);
      paragraph_ = true;
    }
    separate(paragraph_ || (after_item_ && !item && marks == 0));
    paragraph_ = false;
    if (item) out_ += "- ";
    out_ += text;
    after_item_ = item;
  }

  void separate(bool paragraph) {
    if (out_.empty()) return;
    out_ += paragraph ? "\n\n" : "\n";
  }

  std::string out_;
  std::vector<Section> open_;
  size_t dropped_ = 0;  // the level of a section that is left out, with those in it
  bool paragraph_ = false, after_item_ = false;
};

}  // namespace

std::string wikitext_to_text(std::string_view markup) {
  const std::string resolved = resolve_marks(markup);
  return Lines().run(resolved);
}

}  // namespace persea::read
