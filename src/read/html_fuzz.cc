// Any bytes as a page: the tree's nodes lie inside each other as they say, the text is UTF-8 if the page was, holds no
// control characters, and is no longer than a page can make it.
#include <cstdint>
#include <cstdlib>

#include "read/html.h"
#include "read/html_tree.h"
#include "text/unicode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace read = persea::read;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::string page = persea::unicode::to_valid_utf8(bytes);
  const read::HtmlTree tree(page);
  for (int32_t node = 0; node < tree.size(); ++node) {
    const int32_t parent = tree[node].parent;
    if (tree[node].end <= node || tree[node].end > tree.size() || parent >= node) std::abort();
    if (parent >= 0 && tree[node].end > tree[parent].end) std::abort();
    for (int i = 0; i < static_cast<int>(read::Attribute::count); ++i)
      tree.attribute(node, static_cast<read::Attribute>(i));
  }
  const read::HtmlPage out = read::read_html(page);
  if (persea::unicode::to_valid_utf8(out.text) != out.text) std::abort();
  for (const char c : out.text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') std::abort();
  }
  // A named character can be longer than its name, an item of a list stands behind as much space as it is deep.
  if (out.text.size() > 32 * page.size() + 64) std::abort();
  return read::read_html(bytes).text.size() > SIZE_MAX / 2 ? 1 : 0;  // broken bytes may be read too
}
