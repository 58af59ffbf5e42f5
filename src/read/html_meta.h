// What a page says about itself: meta elements, schema.org in JSON-LD and in attributes, OpenGraph, its headings. None
// of it is checked against the text.
#pragma once

#include <string>

#include "read/html_tree.h"

namespace persea::read {

struct HtmlMeta {
  std::string title, address, author, date, language;
  std::string body;  // the text of the article, where JSON-LD tells it
};

HtmlMeta read_meta(const HtmlTree& tree);

}  // namespace persea::read
