#include "read/html_blocks.h"

#include <algorithm>

namespace persea::read {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

// Counts a block's words and marks over the texts that it is made of.
class Counter {
 public:
  void begin() { inside_ = false, half_ = 0, last_ = 0; }

  void add(std::string_view text, bool linked, HtmlBlock& block) {
    for (size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c < 0x80) {
        const bool letter = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '\'';
        if (letter && !inside_) word(linked, block);
        inside_ = letter || (inside_ && (c == '-' || c == '.' || c == '_'));
        if (is_space(static_cast<char>(c))) {
          inside_ = false;
        } else {
          last_ = c;
        }
        if (c == ',' || c == '.' || c == '!' || c == '?' || c == ';') ++block.marks;
        continue;
      }
      if (c < 0xc0) continue;  // inside a character
      last_ = c;
      if (c == 0xe3 || (c >= 0xe4 && c <= 0xe9)) {  // kana and CJK; U+3000 to U+303f are their marks
        const bool mark = c == 0xe3 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) == 0x80;
        if (mark) {
          ++block.marks;
        } else if ((half_ ^= 1) != 0) {
          word(linked, block);
        }
        inside_ = false;
      } else if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) == 0xa0) {
        inside_ = false;                                 // no-break space
      } else if (c != 0xe2 && c != 0xef && c != 0xc2) {  // those are marks mostly
        if (!inside_) word(linked, block);
        inside_ = true;
      }
    }
    if (!text.empty()) end_ = text;
  }

  // Whether what came last ends a sentence.
  bool ends_sentence() const {
    return last_ == '.' || last_ == '!' || last_ == '?' || last_ == ':' || last_ == '"' || last_ == ')' ||
           last_ == ';' || last_ == 0xe2 || last_ == 0xe3 || last_ == 0xef;
  }
  bool empty() const { return last_ == 0; }

 private:
  static void word(bool linked, HtmlBlock& block) {
    ++block.words;
    block.linked_words += linked ? 1 : 0;
  }

  bool inside_ = false;
  int half_ = 0;
  unsigned char last_ = 0;
  std::string_view end_;
};

// A heading that leads to itself is no link.
bool is_counted(Link link, const HtmlBlock& block) {
  return link == Link::away || (link == Link::here && block.heading == 0);
}

struct Context {
  int32_t end;
  HtmlBlock block;  // what blocks inside begin with
};

// What an element adds to the blocks inside it.
void enter(const HtmlTree& tree, int32_t node, bool data_table, HtmlBlock& block) {
  const Tag tag = tree[node].tag;
  block.owner = node;
  if (is_heading(tag)) block.heading = static_cast<uint8_t>(static_cast<int>(tag) - static_cast<int>(Tag::h1) + 1);
  if (tag == Tag::pre || tag == Tag::listing || tag == Tag::xmp || tag == Tag::plaintext) block.preformatted = true;
  if (tag == Tag::blockquote) block.quoted = true;
  if (tag == Tag::ul || tag == Tag::ol || tag == Tag::dl || tag == Tag::menu || tag == Tag::dir) {
    if (block.list < 0) block.list = node;
    ++block.list_depth;
  }
  if (tag == Tag::li || tag == Tag::dt || tag == Tag::dd) block.item = node;
  if (data_table && block.table < 0) block.table = node;
  if (block.table >= 0 && (tag == Tag::tr || tag == Tag::caption) && block.row < 0) block.row = node;
  if (block.row >= 0 && (tag == Tag::td || tag == Tag::th) && block.cell < 0) block.cell = node;
}

}  // namespace

std::vector<HtmlBlock> find_blocks(const HtmlTree& tree, const GoneNodes& gone,
                                   const std::vector<uint8_t>& data_tables) {
  std::vector<HtmlBlock> blocks;
  std::vector<Context> open{{tree.size(), {}}};
  Counter counter;
  HtmlBlock block;
  bool started = false;
  int32_t breaks = 0;
  const auto finish = [&](int32_t at) {
    if (started && !counter.empty()) {
      block.end = at;
      block.ends_sentence = counter.ends_sentence();
      blocks.push_back(block);
    }
    started = false;
    breaks = 0;
  };
  for (int32_t node = 0; node < tree.size();) {
    while (node >= open.back().end) {
      finish(node);
      open.pop_back();
    }
    const HtmlNode& here = tree[node];
    if (gone[static_cast<size_t>(node)] != 0) {
      if (tag_flags(here.tag).block && here.tag != Tag::button) finish(node);
      node = here.end;
      continue;
    }
    if (here.tag == Tag::text) {
      const bool blank = std::all_of(here.text.begin(), here.text.end(), is_space);
      if (!blank && breaks > 1) finish(node);
      if (!blank) breaks = 0;
      if (!started && !blank) {
        block = open.back().block;
        block.begin = node;
        counter.begin();
        started = true;
      }
      if (started) counter.add(here.text, is_counted(here.link, block), block);
    } else if (here.tag == Tag::br) {
      // Two line breaks part paragraphs, but not of preformatted text.
      if (started && !block.preformatted) ++breaks;
      if (started) counter.add("\n", false, block);
    } else if (here.tag == Tag::hr) {
      finish(node);
    } else if (tag_flags(here.tag).block) {
      finish(node);
      Context context{here.end, open.back().block};
      enter(tree, node, data_tables[static_cast<size_t>(node)] != 0, context.block);
      open.push_back(context);
    }
    ++node;
  }
  finish(tree.size());
  return blocks;
}

}  // namespace persea::read
