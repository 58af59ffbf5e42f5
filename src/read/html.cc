#include "read/html.h"

#include "read/html_render.h"
#include "read/html_select.h"

namespace persea::read {

HtmlPage read_html(std::string_view utf8) {
  const HtmlTree tree(utf8);
  const GoneNodes gone = find_invisible(tree, {});
  const std::vector<HtmlBlock> blocks = find_blocks(tree, gone, find_data_tables(tree, gone));
  HtmlPage page;
  page.text = render_blocks(tree, gone, blocks, select_blocks(tree, gone, find_parts(tree, gone), blocks));
  return page;
}

}  // namespace persea::read
