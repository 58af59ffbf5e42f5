#include "read/html_render.h"

#include <algorithm>

#include "text/unicode.h"

namespace persea::read {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

bool is_wide_space(uint32_t c) {
  return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
         c == 0x205f || c == 0x3000;
}

bool is_invisible(uint32_t c) {
  return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x180e || c == 0x200b ||
         c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff ||
         (c >= 0xfff9 && c <= 0xfffb);
}

// Rows of white space as one space, or as the line break among them that <br> made ('\v' until then).
void append_collapsed(std::string_view text, std::string& out) {
  const size_t start = out.size();
  bool space = false, line = false;
  for (const char c : text) {
    if (is_space(c)) {
      space = true;
    } else if (c == '\v') {
      line = true;
    } else {
      if (out.size() > start && (space || line)) out += line ? '\n' : ' ';
      space = line = false;
      out += c;
    }
  }
}

// Lines as they stand, without empty ones around them.
void append_preformatted(std::string_view text, std::string& out) {
  std::string lines;
  for (const char c : text) {
    if (c == '\n' || c == '\v') {
      while (!lines.empty() && (lines.back() == ' ' || lines.back() == '\t')) lines.pop_back();
      lines += '\n';
    } else {
      lines += c;
    }
  }
  size_t end = lines.size();
  while (end > 0 && is_space(lines[end - 1])) --end;
  lines.resize(end);
  const size_t word = lines.find_first_not_of(" \t\n");
  const size_t line = word == std::string::npos ? word : lines.rfind('\n', word);
  out += std::string_view(lines).substr(line == std::string::npos ? 0 : line + 1);
}

// The characters of nodes, with '\v' for <br>.
std::string characters(const HtmlTree& tree, const GoneNodes& gone, int32_t begin, int32_t end) {
  std::string text;
  for (int32_t node = begin; node < end;) {
    if (gone[static_cast<size_t>(node)] != 0) {
      node = tree[node].end;
      continue;
    }
    if (tree[node].tag == Tag::text) append_clean(tree[node].text, text);
    if (tree[node].tag == Tag::br) text += '\v';
    ++node;
  }
  return text;
}

class Renderer {
 public:
  Renderer(const HtmlTree& tree, const GoneNodes& gone) : tree_(tree), gone_(gone) {}

  void add(const HtmlBlock& block) {
    std::string text;
    const std::string raw = characters(tree_, gone_, block.begin, block.end);
    if (block.preformatted && block.cell < 0) {
      append_preformatted(raw, text);
    } else {
      append_collapsed(raw, text);
      if (block.cell >= 0) std::replace(text.begin(), text.end(), '\n', ' ');
    }
    if (text.empty()) return;
    if (!out_.empty()) separate(block);
    const bool first_of_item = block.item >= 0 && block.item != item_ && block.table < 0;
    if (first_of_item) {
      if (block.list_depth > 1) out_.append(2 * std::min<size_t>(static_cast<size_t>(block.list_depth) - 1, 8), ' ');
      if (tree_[block.item].tag == Tag::li) out_ += "- ";
    }
    out_ += text;
    if (block.item >= 0) item_ = block.item;
    last_ = block;
  }

  std::string take() { return std::move(out_); }

 private:
  void separate(const HtmlBlock& block) {
    if (block.row >= 0 && block.row == last_.row) {
      out_ += block.cell == last_.cell ? " " : " | ";
    } else if ((block.table >= 0 && block.table == last_.table) || (block.list >= 0 && block.list == last_.list)) {
      out_ += '\n';
    } else {
      out_ += "\n\n";
    }
  }

  const HtmlTree& tree_;
  const GoneNodes& gone_;
  HtmlBlock last_;
  int32_t item_ = -1;
  std::string out_;
};

}  // namespace

void append_clean(std::string_view text, std::string& out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    const char* run = at;
    while (run < end && static_cast<unsigned char>(*run) < 0x7f &&
           (static_cast<unsigned char>(*run) >= 0x20 || is_space(*run)))
      ++run;
    out.append(at, run);
    at = run;
    if (at >= end) return;
    const unicode::Decoded character = unicode::decode_utf8(at, end);
    if (is_wide_space(character.codepoint)) {
      out += ' ';
    } else if (!is_invisible(character.codepoint)) {
      unicode::append_utf8(character.codepoint, out);
    }
    at += character.bytes;
  }
}

std::string plain_text(const HtmlTree& tree, const GoneNodes& gone, int32_t begin, int32_t end) {
  std::string text = characters(tree, gone, begin, end), out;
  std::replace(text.begin(), text.end(), '\v', ' ');
  append_collapsed(text, out);
  return out;
}

std::string render_blocks(const HtmlTree& tree, const GoneNodes& gone, const std::vector<HtmlBlock>& blocks,
                          const std::vector<Fate>& fates) {
  Renderer renderer(tree, gone);
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (fates[i] == Fate::kept) renderer.add(blocks[i]);
  }
  return renderer.take();
}

}  // namespace persea::read
