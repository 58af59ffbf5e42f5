// The running text of a document whose pages were drawn line by line: what stands at the top or foot of page after page
// goes, words that were parted at a line's end are joined, and lines become paragraphs. It knows nothing of PDF.
#pragma once

#include <string>
#include <vector>

namespace persea::read {

std::string join_pages(const std::vector<std::string>& pages);

}  // namespace persea::read
