#include "read/html_tree.h"

#include <gtest/gtest.h>

#include "read/html_entities.h"

namespace persea::read {
namespace {

// The elements as nested names, texts as they are: "div(p(one) p(two))".
std::string shape(const HtmlTree& tree, int32_t node = 0) {
  if (tree[node].tag == Tag::text) return std::string(tree[node].text);
  std::string inside;
  for (int32_t child = node + 1; child < tree[node].end; child = tree[child].end)
    inside += (inside.empty() ? "" : " ") + shape(tree, child);
  const std::string name(tree[node].text);
  if (node == 0) return inside;
  return inside.empty() ? name : name + "(" + inside + ")";
}

std::string shape_of(std::string_view page) { return shape(HtmlTree(page)); }

TEST(HtmlTree, EndTagsThatNobodyWrote) {
  EXPECT_EQ(shape_of("<p>a<p>b<div>c</div>"), "p(a) p(b) div(c)");
  EXPECT_EQ(shape_of("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>"), "ul(li(a) li(b ul(li(c))) li(d))");
  EXPECT_EQ(shape_of("<dl><dt>a<dd>b<dt>c</dl>"), "dl(dt(a) dd(b) dt(c))");
  EXPECT_EQ(shape_of("<table><tr><td>a<td>b<tr><td>c</table>d"), "table(tr(td(a) td(b)) tr(td(c))) d");
  EXPECT_EQ(shape_of("<h1>a<h2>b</h1>c"), "h1(a) h2(b) c");
  EXPECT_EQ(shape_of("<select><option>a<option>b</select>"), "select(option(a) option(b))");
}

TEST(HtmlTree, EndTagsWithoutABeginningOrInTheWrongPlace) {
  EXPECT_EQ(shape_of("a</div></b>c"), "a c");
  EXPECT_EQ(shape_of("<div><table><tr><td>a</div>b</table>c</div>d"), "div(table(tr(td(a b))) c) d");
  EXPECT_EQ(shape_of("<div><b>a</div>b</b>c"), "div(b(a)) b c");
  EXPECT_EQ(shape_of("<form><div>a</form>b</div>c"), "form(div(a b) c)");
  EXPECT_EQ(shape_of("<my-box><div>a</div></my-box>b<my-box>c</my-other>d"), "my-box(div(a)) b my-box(c d)");
  EXPECT_EQ(shape_of("</br>a</p>b"), "br a p b");
}

TEST(HtmlTree, RawTextCommentsAndBrokenTags) {
  EXPECT_EQ(shape_of("<script>if (a < b) '</div>'</SCRIPT >x"), "script(if (a < b) '</div>') x");
  EXPECT_EQ(shape_of("<title>a <b> &amp;</title>x"), "title(a <b> &) x");
  EXPECT_EQ(shape_of("a<!-- <p> -->b<!-->c<![CDATA[d]]>e<?php f ?>g"), "a b c e g");
  EXPECT_EQ(shape_of("a < b <3 c<p"), "a < b <3 c");
  EXPECT_EQ(shape_of("<style>never ends <p>"), "style(never ends <p>)");
}

TEST(HtmlTree, HeadAndBody) {
  EXPECT_EQ(shape_of("<title>t</title>a"), "title(t) a");
  EXPECT_EQ(shape_of("<html><head><meta name=a><p>x</html>y"), "html(head(meta) p(x y))");
  EXPECT_EQ(shape_of("<html><head><title>t</title>words<body>x<body>y"), "html(head(title(t)) words body(x y))");
}

TEST(HtmlTree, Attributes) {
  const HtmlTree tree("<p id=a CLASS='b &amp; c' id=late data-x=1 hidden href=\"?a=1&copy=2&lt;\" /style>x");
  EXPECT_EQ(tree.attribute(1, Attribute::id), "a");
  EXPECT_EQ(tree.attribute(1, Attribute::class_), "b & c");
  EXPECT_EQ(tree.attribute(1, Attribute::href), "?a=1&copy=2<");
  EXPECT_TRUE(tree.has(1, Attribute::hidden));
  EXPECT_TRUE(tree.has(1, Attribute::style));
  EXPECT_FALSE(tree.has(1, Attribute::role));
  EXPECT_EQ(tree.attribute(1, Attribute::role), "");
}

TEST(HtmlTree, Links) {
  const HtmlTree tree("<a name=x>a<a href=/b>b<p>c</a>d<a href=#e>e</a>f</p>");
  std::string links;
  for (const HtmlNode& node : tree.nodes()) {
    if (node.tag == Tag::text) links += std::string(node.text) + std::to_string(static_cast<int>(node.link));
  }
  EXPECT_EQ(links, "a0b1c1d0e2f0");
}

TEST(HtmlTree, DeepAndWidePagesTakeLittleTime) {
  for (const std::string_view part :
       {"<div>", "<table><tr><td>", "<ul><li>", "<b>", "<x-y>", "</div>", "<p>", "<a b c d>", "<", "&"}) {
    std::string page;
    while (page.size() < 300000) page += part;
    const HtmlTree tree(page);  // a walk over all open elements at each tag would take minutes
    int32_t deepest = 0;
    std::vector<int32_t> depth(static_cast<size_t>(tree.size()), 0);
    for (int32_t node = 1; node < tree.size(); ++node) {
      depth[static_cast<size_t>(node)] = depth[static_cast<size_t>(tree[node].parent)] + 1;
      deepest = std::max(deepest, depth[static_cast<size_t>(node)]);
    }
    EXPECT_LE(deepest, 513) << part;
  }
}

std::string unescape(std::string_view text, bool attribute = false) {
  std::string out;
  append_unescaped(text, attribute, out);
  return out;
}

TEST(HtmlEntities, Names) {
  EXPECT_EQ(unescape("a &amp; b &lt;&eacute;&hellip;&rarr;"), "a & b <\xc3\xa9\xe2\x80\xa6\xe2\x86\x92");
  EXPECT_EQ(unescape("&ampx &copyright &notit; &notin;"), "&x \xc2\xa9right \xc2\xacit; \xe2\x88\x89");
  EXPECT_EQ(unescape("&nosuch; && &; &"), "&nosuch; && &; &");
  EXPECT_EQ(unescape("?a&copy=1&reg;&lt", true), "?a&copy=1\xc2\xae<");
  EXPECT_EQ(unescape("&CounterClockwiseContourIntegral;"), "\xe2\x88\xb3");
}

TEST(HtmlEntities, Numbers) {
  EXPECT_EQ(unescape("&#65;&#x42;&#X43&#68"), "ABCD");
  EXPECT_EQ(unescape("&#150;&#x92;"), "\xe2\x80\x93\xe2\x80\x99");  // Windows' characters
  EXPECT_EQ(unescape("&#0;&#xd800;&#99999999999;"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(unescape("&#;&#x;&#xg"), "&#;&#x;&#xg");
}

}  // namespace
}  // namespace persea::read
