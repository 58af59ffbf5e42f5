// A page as blocks of text: runs of characters and inline elements between two places where a browser begins a new
// line. Here are the facts of each block that say what it is worth and how it is written down; nothing is judged.
#pragma once

#include <cstdint>
#include <vector>

#include "read/html_tree.h"

namespace persea::read {

// Nodes whose content is not looked at; a node that is gone takes its descendants along.
using GoneNodes = std::vector<uint8_t>;

// What can't be seen in a browser: scripts, hidden elements, form controls. With `hidden_too` hidden elements count as
// seen, for pages that hide everything until a script has run; `noscript` keeps what is there for browsers without.
struct Visibility {
  bool hidden_too = false;
  bool noscript = false;
};
GoneNodes find_invisible(const HtmlTree& tree, const Visibility& options);

// For each node whether it is a table that holds data, and not the places of things on a page.
std::vector<uint8_t> find_data_tables(const HtmlTree& tree, const GoneNodes& gone);

struct HtmlBlock {
  int32_t begin = 0, end = 0;               // its nodes
  int32_t owner = 0;                        // the innermost block element around it
  int32_t item = -1;                        // the innermost li, dt or dd around it
  int32_t list = -1;                        // the outermost list around it
  int32_t cell = -1, row = -1, table = -1;  // of the outermost table of data around it
  int16_t list_depth = 0;
  uint8_t heading = 0;  // 1 to 6
  bool preformatted = false;
  bool quoted = false;
  bool ends_sentence = false;
  int32_t words = 0, linked_words = 0;  // a character of a script without spaces is half a word
  int32_t marks = 0;                    // commas and ends of sentences
};

std::vector<HtmlBlock> find_blocks(const HtmlTree& tree, const GoneNodes& gone,
                                   const std::vector<uint8_t>& data_tables);

}  // namespace persea::read
