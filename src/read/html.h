// The main content of a page: what its reader came for, without menus, adverts, notes about cookies, lists of other
// pages and readers' comments (unless the page is a discussion). Rules and limits: docs/html.md. It fetches nothing,
// runs no script and knows no style sheets.
#pragma once

#include <string>
#include <string_view>

namespace persea::read {

struct HtmlPage {
  // Blocks apart by an empty line; items ("- ") and rows of tables (" | " between cells) each on a line of their own.
  // "" where the page holds no text.
  std::string text;
  std::string title, address, author, date, language;  // "" where not said; a date is as written, or YYYY-MM-DD
};

// Of any text in UTF-8, whatever it holds: time in proportion to it, and memory. What is behind the first 16 MiB or
// two million elements is not read.
HtmlPage read_html(std::string_view utf8);

}  // namespace persea::read
