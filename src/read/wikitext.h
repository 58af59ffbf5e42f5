// The text of a page of a wiki (MediaWiki's markup): prose, headings and lists. Templates, tables, files, categories,
// references and lists of sources are left out, formulas stay as $...$. It expands no templates and never fails: what
// does not close is text.
#pragma once

#include <string>
#include <string_view>

namespace persea::read {

// Time in proportion to the markup.
std::string wikitext_to_text(std::string_view markup);

}  // namespace persea::read
