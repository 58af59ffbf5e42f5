#include "read/html.h"

#include <algorithm>

#include "read/html_meta.h"
#include "read/html_render.h"
#include "read/html_select.h"

namespace persea::read {
namespace {

constexpr size_t kLittle = 200;  // bytes of text that may be all of what a page shows before its script has run

std::string main_text(const HtmlTree& tree, const Visibility& visibility) {
  GoneNodes gone = find_invisible(tree, visibility);
  const std::vector<Part> parts = find_parts(tree, gone);
  const std::vector<HtmlBlock> blocks = find_blocks(tree, gone, find_data_tables(tree, gone));
  return render_blocks(tree, gone, blocks, select_blocks(tree, gone, parts, blocks));
}

}  // namespace

HtmlPage read_html(std::string_view utf8) {
  const HtmlTree tree(utf8);
  HtmlMeta meta = read_meta(tree);
  HtmlPage page;
  page.text = main_text(tree, {});
  if (page.text.size() < kLittle) {
    // Pages that show their text by a script may have it hidden, or for browsers without scripts.
    std::string all = main_text(tree, {.hidden_too = true, .noscript = true});
    if (all.size() > 3 * page.text.size() && all.size() > kLittle) page.text = std::move(all);
  }
  // Or tell it to programs only.
  if (page.text.size() < kLittle && meta.body.size() > std::max(3 * page.text.size(), kLittle))
    page.text = std::move(meta.body);
  page.title = std::move(meta.title);
  page.address = std::move(meta.address);
  page.author = std::move(meta.author);
  page.date = std::move(meta.date);
  page.language = std::move(meta.language);
  return page;
}

}  // namespace persea::read
