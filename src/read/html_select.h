// Which of a page's blocks are its main content: judged by what they hold (words, links, ends of sentences), by what
// the parts around them call themselves, and by what stands beside them.
#pragma once

#include <cstdint>
#include <vector>

#include "read/html_blocks.h"
#include "read/html_parts.h"

namespace persea::read {

// One for each block: 1 where it is main content.
std::vector<uint8_t> select_blocks(const HtmlTree& tree, const std::vector<Part>& parts,
                                   const std::vector<HtmlBlock>& blocks);

}  // namespace persea::read
