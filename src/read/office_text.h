// The text in the XML of office documents (Word's, PowerPoint's, OpenDocument's): paragraphs, an empty line between
// them.
#pragma once

#include <string>
#include <string_view>

namespace persea::read {

std::string office_text(std::string_view xml);

}  // namespace persea::read
