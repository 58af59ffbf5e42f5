// Blocks of a page as plain text. What is kept was decided elsewhere.
#pragma once

#include <string>
#include <vector>

#include "read/html_select.h"

namespace persea::read {

// The text of the blocks that are kept, in order.
std::string render_blocks(const HtmlTree& tree, const GoneNodes& gone, const std::vector<HtmlBlock>& blocks,
                          const std::vector<Fate>& fates);

// The characters of the nodes from `begin` to `end`, white space made one space and cut off at both ends.
std::string plain_text(const HtmlTree& tree, const GoneNodes& gone, int32_t begin, int32_t end);

// Appends characters as they are to be read: no soft hyphens, zero-width spaces or control characters; special spaces
// are spaces. Only the joiners that spell words (U+200C, U+200D) stay.
void append_clean(std::string_view text, std::string& out);

}  // namespace persea::read
