// The characters of a page as they are to be read. Where blocks begin and end is not known here.
#pragma once

#include <string>
#include <string_view>

#include "read/html_blocks.h"

namespace persea::read {

// Appends characters as they are to be read: no soft hyphens, zero-width spaces or control characters; special spaces
// are spaces. Only the joiners that spell words (U+200C, U+200D) stay.
void append_clean(std::string_view text, std::string& out);

// Appends rows of white space as one space, or as a line break where there is one of <br> ('\v') among them.
void append_collapsed(std::string_view text, std::string& out);

// The characters of the nodes from `begin` to `end` as they stand, with '\v' for <br>.
std::string characters(const HtmlTree& tree, const GoneNodes& gone, int32_t begin, int32_t end);

// The same on one line.
std::string plain_text(const HtmlTree& tree, const GoneNodes& gone, int32_t begin, int32_t end);

}  // namespace persea::read
