#include "read/html_select.h"

#include <algorithm>

#include "read/html_characters.h"
#include "read/html_labels.h"

namespace persea::read {
namespace {

// What stands in a stretch of the page.
struct Sums {
  int32_t words = 0, linked = 0, prose = 0, blocks = 0, figures = 0;
  Sums operator-(const Sums& other) const {
    return {words - other.words, linked - other.linked, prose - other.prose, blocks - other.blocks,
            figures - other.figures};
  }
  void operator+=(const Sums& other) {
    words += other.words;
    linked += other.linked;
    prose += other.prose;
    blocks += other.blocks;
    figures += other.figures;
  }
};

// Mostly links, and no text that stands by itself.
bool is_linky(const HtmlBlock& block) {
  const int32_t own = block.words - block.linked_words;
  if (own >= 15 || (own * 2 >= block.linked_words && own >= 5 && block.ends_sentence && block.marks > 1)) return false;
  return block.linked_words > own;
}

bool is_figure(Tag tag) { return tag == Tag::table || tag == Tag::pre || tag == Tag::math; }

// Words of text that somebody wrote to be read: of sentences, and half of those of short items and cells without links.
int32_t prose_words(const HtmlBlock& block) {
  const int32_t own = block.words - block.linked_words;
  if (is_linky(block)) return 0;
  if (block.preformatted) return own;
  if (own >= 10 && (block.ends_sentence || block.marks >= 2 || own >= 25)) return own;
  if (block.heading > 0 || block.linked_words > 0) return 0;
  if (own >= 3 && block.ends_sentence && block.marks > 0) return own;
  return block.item >= 0 || block.cell >= 0 ? own / 2 : 0;
}

class Selection {
 public:
  Selection(const HtmlTree& tree, const GoneNodes& gone, const std::vector<Part>& parts,
            const std::vector<HtmlBlock>& blocks)
      : tree_(tree),
        gone_(gone),
        parts_(parts),
        blocks_(blocks),
        before_(tree.nodes().size() + 1),
        fates_(blocks.size(), Fate::kept),
        has_content_(tree.nodes().size() + 1, 0),
        headings_(tree.nodes().size() + 1, 0) {
    for (const HtmlBlock& block : blocks) {
      before_[static_cast<size_t>(block.begin) + 1] += {block.words, block.linked_words, prose_words(block), 1, 0};
      if (block.heading == 1)
        ++has_content_[static_cast<size_t>(block.begin) + 1], ++headings_[static_cast<size_t>(block.begin) + 1];
    }
    for (int32_t node = 0; node < tree.size(); ++node) {
      if (tree[node].tag != Tag::text && parts[static_cast<size_t>(node)] == Part::content)
        ++has_content_[static_cast<size_t>(node) + 1];
      if (is_figure(tree[node].tag)) ++before_[static_cast<size_t>(node) + 1].figures;
    }
    for (size_t i = 1; i < before_.size(); ++i) {
      before_[i] += before_[i - 1];
      has_content_[i] += has_content_[i - 1];
      headings_[i] += headings_[i - 1];
    }
  }

  std::vector<Fate> run() {
    drop_parts();
    const int32_t root = find_root();
    keep_inside(root);
    drop_labels();
    keep_headings();
    leave_title();
    return std::move(fates_);
  }

 private:
  Sums sums(int32_t node) const {
    return before_[static_cast<size_t>(tree_[node].end)] - before_[static_cast<size_t>(node)];
  }
  bool has_content(int32_t node) const {  // the element itself aside
    return has_content_[static_cast<size_t>(tree_[node].end)] > has_content_[static_cast<size_t>(node) + 1];
  }

  bool drops(int32_t node) const { return drops_part(node) || (drops_cards_ && drops_card(node)); }

  // Whether a part is left out for what it calls itself.
  bool drops_part(int32_t node) const {
    const Part part = parts_[static_cast<size_t>(node)];
    const Tag tag = tree_[node].tag;
    if (tag == Tag::text || tag == Tag::html || tag == Tag::body || tag == Tag::document || tag == Tag::table)
      return false;
    const Sums here = sums(node);
    if (part == Part::never) return here.prose < 20;
    if (here.blocks == 0 || (!tag_flags(tag).block && here.prose >= 40)) return false;
    const int32_t rest = page_.prose - here.prose;
    const bool small = here.prose == 0 || here.prose * 3 < page_.prose;
    switch (part) {
      case Part::comments:
        return !discussion_ && here.prose * 10 < page_.prose * 9;
      case Part::navigation:
        return (here.linked * 2 >= here.words && small) || here.prose < 20;
      case Part::extra:
        return small && !(has_content(node) && here.prose > 30);
      case Part::frame:
        return (small || here.prose * 2 < page_.prose) && !(has_content(node) && here.prose > 30);
      case Part::about:
        return here.words < 250 && small && !has_content(node);
      case Part::caption:
        return here.words < 120 && small && !by_figures(node);
      default:
        break;
    }
    if (tag == Tag::aside) return (small || rest >= 60) && !(has_content(node) && here.prose > 30);
    if (tag == Tag::form) return small && here.prose < 25 && here.words < 150;
    return false;
  }

  // Whether it tells of a table or a listing, and not of a picture.
  bool by_figures(int32_t node) const {
    const int32_t around = tree_[node].parent;
    return around >= 0 && sums(around).figures > 0;
  }

  // The title of another page, and not a writer's name.
  static bool leads_away(const HtmlBlock& block) { return is_linky(block) && block.linked_words > 2; }

  // The same of headings with fewer words, but not those of answers in a forum.
  bool leads(const HtmlBlock& block) const {
    if (!leads_away(block) && (block.heading == 0 || !is_linky(block))) return false;
    return block.words > 40 || !plain_text(tree_, gone_, block.begin, block.end).starts_with("Re:");
  }

  // Several pieces that begin with a link and have a few more words: what else the site has.
  bool is_card_list(int32_t node, const Sums& here) const {
    if (here.blocks < 6 || here.linked == 0 || !tag_flags(tree_[node].tag).block) return false;
    int32_t cards = 0, children = 0;
    for (int32_t child = node + 1; child < tree_[node].end; child = tree_[child].end) {
      const Sums inside = sums(child);
      if (tree_[child].tag == Tag::text || inside.blocks == 0) continue;
      ++children;
      if (inside.blocks > 1 && inside.blocks < 9 && inside.prose <= 60 && inside.words < 130 && inside.linked > 0) {
        const auto first = first_block(child);
        cards += leads(*first) || (inside.blocks > 2 && leads(*std::next(first))) ? 1 : 0;
      }
    }
    return cards >= 3 && cards * 3 >= children * 2;
  }

  std::vector<HtmlBlock>::const_iterator first_block(int32_t node) const {
    return std::lower_bound(blocks_.begin(), blocks_.end(), node,
                            [](const HtmlBlock& block, int32_t at) { return block.begin < at; });
  }

  // Whether it tells of other pages: a list of cards, or one. There has to be something else to read.
  bool drops_card(int32_t node) const {
    const Tag tag = tree_[node].tag;
    if (tag != Tag::article && tag != Tag::div && tag != Tag::section && tag != Tag::ul && tag != Tag::ol) return false;
    const Sums here = sums(node);
    const int32_t rest = own_prose_ - here.prose;
    if (rest < 40) return false;
    const bool outweighed = rest >= 100 || rest * 2 >= here.prose;
    if (is_card_list(node, here)) return outweighed;
    if (tag == Tag::article && here.prose <= 60 && here.words < 150 && inside_article(node)) return true;
    if (here.blocks < 2 || here.blocks > 8 || here.prose > 120 || has_content(node) || rest < 60) return false;
    const auto first = first_block(node);
    for (auto block = first; block != first + 2; ++block) {
      if (block->heading > 1) return leads(*block) && outweighed;
    }
    return false;
  }

  bool inside_article(int32_t node) const {
    for (int32_t up = tree_[node].parent; up > 0; up = tree_[up].parent) {
      if (tree_[up].tag == Tag::article) return true;
    }
    return false;
  }

  void drop_parts() {
    page_ = sums(0);
    // What readers say is the content where there is little else.
    int32_t comments = 0, others = 0, cards = 0;
    for (int32_t node = 0; node < tree_.size();) {
      const bool comment = parts_[static_cast<size_t>(node)] == Part::comments;
      const bool other = !comment && drops_part(node);
      if (comment) comments += sums(node).prose;
      if (other) others += sums(node).prose;
      node = comment || other ? tree_[node].end : node + 1;
    }
    own_prose_ = page_.prose - comments - others;
    discussion_ = own_prose_ < 25 && comments > 0;
    // And so are cards, on a page of nothing else.
    for (int32_t node = 0; node < tree_.size();) {
      const bool card = !drops_part(node) && drops_card(node);
      if (card) cards += sums(node).prose;
      node = card || drops_part(node) ? tree_[node].end : node + 1;
    }
    drops_cards_ = own_prose_ - cards >= 40;
    value_.assign(tree_.nodes().size() + 1, 0);
    size_t i = 0;
    int32_t until = 0;
    for (int32_t node = 0; node < tree_.size(); ++node) {
      if (node >= until && tree_[node].tag != Tag::text && drops(node)) until = tree_[node].end;
      while (i < blocks_.size() && blocks_[i].begin == node) {
        if (node < until) fates_[i] = Fate::part;
        if (fates_[i] == Fate::kept) value_[static_cast<size_t>(node) + 1] += prose_words(blocks_[i]);
        ++i;
      }
    }
    add_up();
    if (value_.back() >= 10) return;
    // A page without sentences: its words.
    std::fill(value_.begin(), value_.end(), 0);
    for (size_t b = 0; b < blocks_.size(); ++b) {
      if (fates_[b] == Fate::kept) value_[static_cast<size_t>(blocks_[b].begin) + 1] += blocks_[b].words;
    }
    add_up();
  }

  void add_up() {
    for (size_t n = 1; n < value_.size(); ++n) value_[n] += value_[n - 1];
  }

  int64_t value(int32_t node) const {
    return value_[static_cast<size_t>(tree_[node].end)] - value_[static_cast<size_t>(node)];
  }

  // The innermost element that holds nearly all of the prose.
  int32_t find_root() const {
    int32_t node = article();
    while (value(node) > 0) {
      int32_t best = -1;
      for (int32_t child = node + 1; child < tree_[node].end; child = tree_[child].end) {
        if (tree_[child].tag != Tag::text && (best < 0 || value(child) > value(best))) best = child;
      }
      if (best < 0 || !tag_flags(tree_[best].tag).block || value(best) * 10 < value(node) * 9) return node;
      if (tree_[best].tag == Tag::p || tree_[best].tag == Tag::li || tree_[best].tag == Tag::tr) return node;
      node = best;
    }
    return node;
  }

  // The one part that calls itself the content and has the page's heading, if it has a good deal of the prose.
  int32_t article() const {
    int32_t found = 0;
    for (int32_t node = 0; node < tree_.size();) {
      const bool good = tree_[node].tag == Tag::article &&
                        headings_[static_cast<size_t>(tree_[node].end)] > headings_[static_cast<size_t>(node)] &&
                        value(node) >= 100 && value(node) * 4 >= value(0);
      if (good && found > 0) return 0;
      if (good) found = node;
      node = good ? tree_[node].end : node + 1;
    }
    return found;
  }

  // Where the content begins before the root: a heading of the page, what leads into the text.
  int32_t wider(int32_t root) const {
    int32_t found = root;
    for (int32_t up = tree_[root].parent; up > 0 && tree_[up].tag != Tag::body; up = tree_[up].parent) {
      if (parts_[static_cast<size_t>(up)] == Part::content) {
        found = up;
        if (tree_[up].tag == Tag::article) break;
      }
    }
    return found;
  }

  void keep_inside(int32_t root) {
    const int32_t around = wider(root);
    int32_t from = around;
    // The last h1 before it, and sentences between.
    for (size_t i = 0; i < blocks_.size() && blocks_[i].begin < root; ++i) {
      if (blocks_[i].heading == 1 && fates_[i] != Fate::part) from = std::min(around, blocks_[i].begin);
    }
    for (size_t i = 0; i < blocks_.size(); ++i) {
      const HtmlBlock& block = blocks_[i];
      if (fates_[i] != Fate::kept) continue;
      const bool inside = block.begin >= root && block.begin < tree_[root].end;
      const bool before = block.begin >= from && block.begin < root;
      const bool behind = tree_[around].tag == Tag::article && block.begin > root && block.begin < tree_[around].end;
      if (!inside && !((before || behind) && prose_words(block) > 0)) {
        fates_[i] = Fate::outside;
      } else if (drops_links(block)) {
        fates_[i] = Fate::linky;
      }
    }
  }

  // Lists and tables are judged as a whole.
  bool drops_links(const HtmlBlock& block) const {
    if (block.table >= 0 || block.list >= 0) {
      const Sums all = sums(block.table >= 0 ? block.table : block.list);
      return all.linked * 2 > all.words && is_linky(block);
    }
    return is_linky(block);
  }

  // A few words that are no part of the text: dates, buttons, "Advertisement"; all the more before and behind it.
  void drop_labels() {
    size_t first = blocks_.size(), last = 0;
    for (size_t i = 0; i < blocks_.size(); ++i) {
      if (fates_[i] != Fate::kept || prose_words(blocks_[i]) < 5) continue;
      first = std::min(first, i);
      last = i;
    }
    for (size_t i = 0; i < blocks_.size(); ++i) {
      const HtmlBlock& block = blocks_[i];
      if (fates_[i] != Fate::kept || block.preformatted || block.cell >= 0) continue;
      const bool loose = block.heading == 0 && block.item < 0 && tree_[block.owner].tag != Tag::p;
      const bool sentence = prose_words(block) > 0 && block.item < 0;
      bool out = false;
      if (first < last && (i < first || i > last)) out = block.heading == 0 && !sentence && block.words <= 6 && loose;
      if (first < blocks_.size() && loose && !sentence && block.words <= 4) out = out || !between_prose(i);
      if (!out && block.words <= 14) out = is_label(plain_text(tree_, gone_, block.begin, block.end));
      if (out) fates_[i] = Fate::label;
    }
  }

  bool between_prose(size_t i) const {
    return i > 0 && i + 1 < blocks_.size() && fates_[i - 1] == Fate::kept && fates_[i + 1] == Fate::kept &&
           prose_words(blocks_[i - 1]) > 0 && prose_words(blocks_[i + 1]) > 0;
  }

  // A heading belongs to what follows it, in the part of the page that it stands in.
  void keep_headings() {
    int32_t below = -1;  // the first block that was kept behind here
    int level = 7;
    int32_t linked = 0;  // words of links between here and there
    for (size_t i = blocks_.size(); i-- > 0;) {
      const HtmlBlock& block = blocks_[i];
      if (fates_[i] != Fate::kept) {
        if (fates_[i] == Fate::linky || fates_[i] == Fate::part) linked += block.linked_words;
        continue;
      }
      if (block.heading == 0 || prose_words(block) > 16) {
        below = block.begin;
        level = 7;
        linked = 0;
        continue;
      }
      int32_t around = block.owner;
      for (int steps = 0; steps < 3 && around > 0; ++steps) around = tree_[around].parent;
      const bool near = block.heading == 1 || (below >= 0 && below < tree_[around].end);
      if (below < 0 || block.heading >= level || !near || linked > 12) {
        fates_[i] = Fate::heading;
      } else {
        level = block.heading;
      }
    }
  }

  // The page's title is told by itself, not in its text.
  void leave_title() {
    for (size_t i = 0; i < blocks_.size(); ++i) {
      if (fates_[i] != Fate::kept) continue;
      if (blocks_[i].heading != 1) {
        if (prose_words(blocks_[i]) > 0) return;
        continue;
      }
      fates_[i] = Fate::heading;
      return;
    }
  }

  const HtmlTree& tree_;
  const GoneNodes& gone_;
  const std::vector<Part>& parts_;
  const std::vector<HtmlBlock>& blocks_;
  std::vector<Sums> before_;
  std::vector<Fate> fates_;
  std::vector<int32_t> has_content_, headings_;  // parts that call themselves content, or h1; h1
  std::vector<int64_t> value_;
  Sums page_;
  int32_t own_prose_ = 0;  // without comments and parts that are left out for their names
  bool discussion_ = false, drops_cards_ = false;
};

}  // namespace

std::vector<Fate> select_blocks(const HtmlTree& tree, const GoneNodes& gone, const std::vector<Part>& parts,
                                const std::vector<HtmlBlock>& blocks) {
  return Selection(tree, gone, parts, blocks).run();
}

}  // namespace persea::read
