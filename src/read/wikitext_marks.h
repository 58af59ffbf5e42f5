// The first of the two steps of wikitext.h: marks within text (templates, links, tags, tables) are resolved or dropped,
// lines stay as they are. Private to this folder.
#pragma once

#include <string>
#include <string_view>

namespace persea::read {

std::string resolve_marks(std::string_view markup);

}  // namespace persea::read
