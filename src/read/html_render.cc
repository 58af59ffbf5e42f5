#include "read/html_render.h"

#include <algorithm>

#include "read/html_characters.h"

namespace persea::read {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

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

std::string render_blocks(const HtmlTree& tree, const GoneNodes& gone, const std::vector<HtmlBlock>& blocks,
                          const std::vector<Fate>& fates) {
  Renderer renderer(tree, gone);
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (fates[i] == Fate::kept) renderer.add(blocks[i]);
  }
  return renderer.take();
}

}  // namespace persea::read
