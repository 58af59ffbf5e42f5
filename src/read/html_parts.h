// What the parts of a page call themselves: by their elements, roles, classes and ids. Names are hints of their
// writers, no proof: what they mean for the text is decided elsewhere, together with what stands in them.
#pragma once

#include <cstdint>
#include <vector>

#include "read/html_blocks.h"

namespace persea::read {

enum class Part : uint8_t {
  plain,
  content,     // the article itself: <article>, <main>, "entry-content"
  post,        // one of several contributions of readers: of a forum, of questions and answers
  comments,    // what readers say of it
  navigation,  // menus, breadcrumbs, pages of a list, tables of contents
  frame,       // headers and footers of the site, columns beside the content
  extra,       // share bars, other articles, adverts, newsletters, notes about cookies
  about,       // who wrote it and when, its tags
  caption,     // of a picture
  never,       // no text of anybody's: line numbers, labels for screen readers, "edit" links
};

// One for each node; texts are plain, and what is inside of listings. What is no text of anybody's and short is marked
// as gone, so that it leaves the lines that it stands in.
std::vector<Part> find_parts(const HtmlTree& tree, GoneNodes& gone);

}  // namespace persea::read
