// Which of a page's blocks are its main content: judged by what they hold (words, links, ends of sentences), by what
// the parts around them call themselves, and by what stands beside them.
#pragma once

#include <cstdint>
#include <vector>

#include "read/html_blocks.h"
#include "read/html_parts.h"

namespace persea::read {

// What becomes of a block, and why.
enum class Fate : uint8_t {
  kept,
  part,     // a part around it calls itself something else than content
  outside,  // the content stands in another place of the page
  linky,    // mostly links
  heading,  // of nothing that was kept
  label,    // a few words that belong to no text
};

// One for each block.
std::vector<Fate> select_blocks(const HtmlTree& tree, const GoneNodes& gone, const std::vector<Part>& parts,
                                const std::vector<HtmlBlock>& blocks);

}  // namespace persea::read
