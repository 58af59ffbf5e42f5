#include "read/html_select.h"

#include <algorithm>

namespace persea::read {
namespace {

// What stands in a stretch of the page.
struct Sums {
  int32_t words = 0, linked = 0, prose = 0, blocks = 0, linky = 0;
  Sums operator-(const Sums& other) const {
    return {words - other.words, linked - other.linked, prose - other.prose, blocks - other.blocks,
            linky - other.linky};
  }
  void operator+=(const Sums& other) {
    words += other.words;
    linked += other.linked;
    prose += other.prose;
    blocks += other.blocks;
    linky += other.linky;
  }
};

bool is_linky(const HtmlBlock& block) { return block.linked_words * 2 > block.words; }

// Words of sentences: text that somebody wrote to be read.
int32_t prose_words(const HtmlBlock& block) {
  const int32_t own = block.words - block.linked_words;
  if (is_linky(block)) return 0;
  if (block.preformatted) return own;
  if (own >= 10 && (block.ends_sentence || block.marks >= 2 || own >= 25)) return own;
  return 0;
}

class Selection {
 public:
  Selection(const HtmlTree& tree, const std::vector<Part>& parts, const std::vector<HtmlBlock>& blocks)
      : tree_(tree),
        parts_(parts),
        blocks_(blocks),
        before_(tree.nodes().size() + 1),
        dropped_(tree.nodes().size(), 0) {
    for (const HtmlBlock& block : blocks)
      before_[static_cast<size_t>(block.begin) + 1] +=
          {block.words, block.linked_words, prose_words(block), 1, is_linky(block) ? 1 : 0};
    for (size_t i = 1; i < before_.size(); ++i) before_[i] += before_[i - 1];
  }

  std::vector<uint8_t> run() {
    drop_parts();
    const int32_t root = find_root();
    return keep(root);
  }

 private:
  Sums sums(int32_t node) const {
    return before_[static_cast<size_t>(tree_[node].end)] - before_[static_cast<size_t>(node)];
  }

  bool inside_content(int32_t node) const {
    for (int32_t up = tree_[node].parent; up >= 0; up = tree_[up].parent) {
      if (parts_[static_cast<size_t>(up)] == Part::content) return true;
    }
    return false;
  }

  // Whether a part is left out for what it calls itself.
  bool drops(int32_t node, const Sums& page) const {
    const Part part = parts_[static_cast<size_t>(node)];
    const Tag tag = tree_[node].tag;
    const Sums here = sums(node);
    if (here.blocks == 0 && part != Part::never) return false;
    switch (part) {
      case Part::never:
        return true;
      case Part::comments:
        return page.prose - here.prose > 60 || here.prose < 20;
      case Part::navigation:
      case Part::extra:
      case Part::frame:
        return here.prose * 2 < page.prose || page.prose == 0;
      case Part::about:
        return here.words < 120 && here.prose * 3 < page.prose;
      default:
        break;
    }
    if (tag == Tag::aside) return here.prose * 2 < page.prose;
    return false;
  }

  void drop_parts() {
    const Sums page = sums(0);
    for (int32_t node = 0; node < tree_.size();) {
      if (tree_[node].tag != Tag::text && drops(node, page)) {
        dropped_[static_cast<size_t>(node)] = 1;
        node = tree_[node].end;
      } else {
        ++node;
      }
    }
    // What is left.
    value_.assign(tree_.nodes().size() + 1, 0);
    left_.assign(blocks_.size(), 1);
    std::vector<int32_t> gone_until(1, 0);
    size_t i = 0;
    int32_t until = 0;
    for (int32_t node = 0; node < tree_.size(); ++node) {
      if (dropped_[static_cast<size_t>(node)] != 0) until = std::max(until, tree_[node].end);
      while (i < blocks_.size() && blocks_[i].begin == node) {
        if (node < until) left_[i] = 0;
        if (left_[i] != 0) value_[static_cast<size_t>(node) + 1] += prose_words(blocks_[i]);
        ++i;
      }
    }
    for (size_t n = 1; n < value_.size(); ++n) value_[n] += value_[n - 1];
  }

  int64_t value(int32_t node) const {
    return value_[static_cast<size_t>(tree_[node].end)] - value_[static_cast<size_t>(node)];
  }

  int32_t find_root() const {
    int32_t node = 0;
    while (true) {
      int32_t best = -1;
      for (int32_t child = node + 1; child < tree_[node].end; child = tree_[child].end) {
        if (tree_[child].tag != Tag::text && (best < 0 || value(child) > value(best))) best = child;
      }
      if (best < 0 || !tag_flags(tree_[best].tag).block || value(best) * 10 < value(node) * 9) return node;
      if (tree_[best].tag == Tag::p || tree_[best].tag == Tag::li || tree_[best].tag == Tag::tr) return node;
      node = best;
    }
  }

  std::vector<uint8_t> keep(int32_t root) {
    std::vector<uint8_t> kept = left_;
    for (size_t i = 0; i < blocks_.size(); ++i) {
      const HtmlBlock& block = blocks_[i];
      if (block.begin < root || block.begin >= tree_[root].end) kept[i] = 0;
      if (is_linky(block)) kept[i] = 0;
    }
    // A heading belongs to what follows it.
    uint8_t below = 0;
    int level = 0;
    for (size_t i = blocks_.size(); i-- > 0;) {
      if (kept[i] == 0) continue;
      if (blocks_[i].heading == 0) {
        below = 1;
        level = 7;
      } else if (below == 0 || blocks_[i].heading >= level) {
        kept[i] = 0;
      } else {
        level = blocks_[i].heading;
      }
    }
    return kept;
  }

  const HtmlTree& tree_;
  const std::vector<Part>& parts_;
  const std::vector<HtmlBlock>& blocks_;
  std::vector<Sums> before_;
  std::vector<uint8_t> dropped_;
  std::vector<int64_t> value_;
  std::vector<uint8_t> left_;
};

}  // namespace

std::vector<uint8_t> select_blocks(const HtmlTree& tree, const std::vector<Part>& parts,
                                   const std::vector<HtmlBlock>& blocks) {
  return Selection(tree, parts, blocks).run();
}

}  // namespace persea::read
