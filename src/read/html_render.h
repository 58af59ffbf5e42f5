// Blocks of a page as plain text. What is kept was decided elsewhere.
#pragma once

#include <string>
#include <vector>

#include "read/html_select.h"

namespace persea::read {

// The text of the blocks that are kept, in order.
std::string render_blocks(const HtmlTree& tree, const GoneNodes& gone, const std::vector<HtmlBlock>& blocks,
                          const std::vector<Fate>& fates);

}  // namespace persea::read
