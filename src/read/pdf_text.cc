#include "read/pdf_text.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "text/unicode.h"

namespace persea::read {
namespace {

constexpr size_t kEdge = 3;  // lines at the top and at the foot among which running heads are

using Lines = std::vector<std::string>;

std::string trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\f");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\f") - first + 1));
}

Lines lines_of(std::string_view page) {
  Lines lines;
  for (size_t at = 0; at <= page.size();) {
    const size_t end = std::min(page.find_first_of("\n\f", at), page.size());
    lines.push_back(trim(page.substr(at, end - at)));
    at = end + 1;
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  lines.erase(lines.begin(), std::find_if(lines.begin(), lines.end(), [](const std::string& l) { return !l.empty(); }));
  return lines;
}

// A line with its numbers made equal, so that those of pages do not tell lines apart.
std::string shape(std::string_view line) {
  std::string out;
  for (const char c : line) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && out.ends_with('#')) continue;
    out += digit ? '#' : c;
  }
  return out;
}

// "12", "- 12 -", "Page 3 of 10", "xiv"
bool is_page_number(const std::string& line) {
  const std::string s = shape(line);
  if (s == "#" || s == "- # -" || s == "– # –" || s == "[#]" || s == "(#)" || s == "# / #" || s == "#/#" ||
      s == "# of #")
    return true;
  if (s == "Page #" || s == "page #" || s == "Page # of #" || s == "Seite #" || s == "Seite # von #" || s == "p. #")
    return true;
  return !line.empty() && line.size() <= 6 && line.find_first_not_of("ivxl") == std::string::npos;
}

// The places of the first and last lines of a page that hold something.
std::vector<size_t> edge(const Lines& lines) {
  std::vector<size_t> places;
  for (size_t i = 0; i < lines.size() && places.size() < kEdge; ++i) {
    if (!lines[i].empty()) places.push_back(i);
  }
  const size_t top = places.size();
  for (size_t i = lines.size(); i-- > 0 && places.size() < top + kEdge;) {
    if (!lines[i].empty() && (top == 0 || i > places[top - 1])) places.push_back(i);
  }
  return places;
}

void drop_running_heads(std::vector<Lines>& pages) {
  if (pages.size() < 3) return;
  std::unordered_map<std::string, size_t> seen;
  for (const Lines& page : pages) {
    std::vector<std::string> shapes;
    for (const size_t i : edge(page)) shapes.push_back(shape(page[i]));
    std::sort(shapes.begin(), shapes.end());
    shapes.erase(std::unique(shapes.begin(), shapes.end()), shapes.end());
    for (const std::string& each : shapes) ++seen[each];
  }
  // Left and right pages often have heads of their own, and chapters change them.
  const size_t enough = std::max<size_t>(3, pages.size() * 3 / 10);
  for (Lines& page : pages) {
    const std::vector<size_t> places = edge(page);
    for (const size_t i : places) {
      const bool number = is_page_number(page[i]) && (i == places.front() || i + 1 == page.size());
      if (number || seen[shape(page[i])] >= enough) page[i].clear();
    }
  }
}

// A line of a table of contents: dots lead to a page.
bool is_leader(std::string_view line) {
  return line.find(". . . . .") != std::string_view::npos || line.find("........") != std::string_view::npos;
}

bool is_lower_start(std::string_view text) {
  if (text.empty()) return false;
  if (text[0] >= 'a' && text[0] <= 'z') return true;
  const unicode::Decoded c = unicode::decode_utf8(text.data(), text.data() + text.size());
  return c.valid && c.codepoint >= 0x80 && unicode::CaseTable::get().at(c.codepoint) == unicode::CharCase::lower;
}

bool ends_sentence(std::string_view line) {
  while (line.ends_with('"') || line.ends_with(')') || line.ends_with("”"))
    line.remove_suffix(line.ends_with("”") ? 3 : 1);
  return line.ends_with('.') || line.ends_with('!') || line.ends_with('?') || line.ends_with(':');
}

bool is_item(std::string_view line) {
  for (const std::string_view mark : {"• ", "- ", "– ", "* ", "◦ ", "▪ ", "· "}) {
    if (line.starts_with(mark)) return true;
  }
  size_t n = 0;
  while (n < line.size() && n < 3 && line[n] >= '0' && line[n] <= '9') ++n;
  return n > 0 && n + 1 < line.size() && (line[n] == '.' || line[n] == ')') && line[n + 1] == ' ';
}

// Adds a line to a paragraph; a word that was parted at its end becomes one.
void join_line(const std::string& line, std::string& paragraph) {
  if (paragraph.empty()) {
    paragraph = line;
    return;
  }
  const bool hyphen = paragraph.ends_with('-') && paragraph.size() > 1 && paragraph[paragraph.size() - 2] != '-' &&
                      paragraph[paragraph.size() - 2] != ' ' && is_lower_start(line);
  if (hyphen) {
    paragraph.pop_back();
  } else if (paragraph.ends_with("\xc2\xad")) {  // a soft hyphen
    paragraph.resize(paragraph.size() - 2);
  } else if (!(paragraph.ends_with('-') && paragraph.size() > 1 && paragraph[paragraph.size() - 2] != ' ')) {
    paragraph += ' ';
  }
  paragraph += line;
}

// Lines put together again.
class Paragraphs {
 public:
  // full: how long a line is, at least, that ends because there was no more room.
  explicit Paragraphs(size_t full) : full_(full) {}

  void page() { top_ = true; }

  void line(const std::string& line) {
    if (is_leader(line)) return;
    if (line.empty()) {
      if (!top_) flush(true);
      return;
    }
    const bool goes_on = is_lower_start(line) || text_.ends_with('-');
    // A paragraph goes on over the page's end where its sentence does.
    if (top_ && !text_.empty() && (ends_sentence(text_) || !goes_on)) flush(true);
    if (!top_ && before_ < full_ && !goes_on) flush(false);
    if (is_item(line)) flush(false);
    join_line(line, text_);
    ++lines_;
    before_ = line.size();
    top_ = false;
  }

  std::string finish() {
    flush(true);
    if (!out_.empty()) out_ += '\n';
    return std::move(out_);
  }

 private:
  // Short lines right below each other (verse, code, lists) stay so.
  void flush(bool apart) {
    if (text_.empty()) {
      close_ = close_ && !apart;
      return;
    }
    const bool short_line = lines_ == 1 && text_.size() < full_;
    if (!out_.empty()) out_ += close_ && (short_line || is_item(text_)) ? "\n" : "\n\n";
    out_ += text_;
    close_ = !apart && (short_line || is_item(text_));
    text_.clear();
    lines_ = 0;
  }

  size_t full_, before_ = 0;
  std::string out_, text_;
  int lines_ = 0;
  bool top_ = true, close_ = false;
};

}  // namespace

std::string join_pages(const std::vector<std::string>& texts) {
  std::vector<Lines> pages;
  for (const std::string& text : texts) pages.push_back(lines_of(text));
  drop_running_heads(pages);
  std::vector<size_t> lengths;
  for (const Lines& page : pages) {
    for (const std::string& line : page) {
      if (line.size() > 20) lengths.push_back(line.size());
    }
  }
  size_t full = 0;  // how long a line is that was broken because it was full
  if (!lengths.empty()) {
    std::nth_element(lengths.begin(), lengths.begin() + static_cast<long>(lengths.size() / 2), lengths.end());
    full = lengths[lengths.size() / 2] * 7 / 10;
  }
  Paragraphs paragraphs(full);
  for (const Lines& page : pages) {
    paragraphs.page();
    for (const std::string& line : page) paragraphs.line(line);
  }
  return paragraphs.finish();
}

}  // namespace persea::read
