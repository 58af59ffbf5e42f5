#include "read/wikitext.h"

#include <gtest/gtest.h>

#include "read/archive_for_test.h"
#include "read/read_for_test.h"

namespace persea::read {
namespace {

using Texts = std::vector<std::string>;

TEST(Wikitext, KeepsProse) {
  EXPECT_EQ(wikitext_to_text("'''Rome''' ({{lang-it|Roma}}; {{IPA|x}}) is the [[capital city|capital]] of "
                             "[[Italy]].<ref name=\"a\">A [[b]] {{cite|x}}</ref>\n"),
            "Rome (Roma;) is the capital of Italy.\n");
  EXPECT_EQ(wikitext_to_text("A{{infobox\n| a = {{nested|[[x|y]]}}\n| b = {| class=x\n| cell\n|}\n}} B"), "A B\n");
  EXPECT_EQ(
      wikitext_to_text("one [[File:x.jpg|thumb|A [[link]] in it]] two [[Category:X]][[de:Rom]] three [[:Category:Y]]"),
      "one two three Category:Y\n");
  EXPECT_EQ(wikitext_to_text("see [https://x.org the ''page''] and [https://y.org] or [[Mercury (planet)|]]"),
            "see the page and or Mercury\n");
  EXPECT_EQ(
      wikitext_to_text(
          "a&nbsp;b &amp; &#233;&#x20AC; &unknown; {{convert|5|km|mi}} <!-- gone --><br/>next<nowiki>[[x]]</nowiki>"),
      "a b & \xc3\xa9\xe2\x82\xac &unknown; 5 km\nnext[[x]]\n");
  EXPECT_EQ(wikitext_to_text("<math>x^2 < {{y}}</math> and <syntaxhighlight lang=\"c\">int [[a]];</syntaxhighlight>"),
            "$x^2 < {{y}}$ and\nint [[a]];\n");
  EXPECT_EQ(wikitext_to_text("__NOTOC__text __init__ more"), "text __init__ more\n");
}

TEST(Wikitext, HasHeadingsAndLists) {
  EXPECT_EQ(wikitext_to_text("Intro.\n== History ==\nLong ago.\n\n=== Early ===\n* one\n** two\n# three\n: "
                             "indented\n== Empty ==\n== References ==\n{{reflist}}\nx\n"
                             "=== Sub ===\ny\n== After ==\nz\n"),
            "Intro.\n\nHistory\n\nLong ago.\n\nEarly\n\n- one\n- two\n- three\nindented\n\nAfter\n\nz\n");
  EXPECT_EQ(wikitext_to_text("before\n{| class=\"wikitable\"\n! a\n|-\n| b || c\n|}\nafter"), "before\n\nafter\n");
}

TEST(Wikitext, WhatDoesNotCloseIsText) {
  EXPECT_EQ(wikitext_to_text("a {{b [[c"), "a b c\n");
  EXPECT_EQ(wikitext_to_text("a }} b ]] c |} d"), "a }} b ]] c |} d\n");
  EXPECT_EQ(wikitext_to_text("a <ref>b\nc"), "a b\nc\n");
  EXPECT_EQ(wikitext_to_text("a < b > c"), "a < b > c\n");
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += i % 3 == 0 ? "{{" : i % 3 == 1 ? "[[" : "<ref>";
  EXPECT_LT(wikitext_to_text(deep).size(), deep.size() + 10);
}

std::string page(const std::string& title, int space, const std::string& text, const std::string& more = "") {
  return fmt::format(
      "<page><title>{}</title><ns>{}</ns><id>1</id>{}<revision><id>2</id><timestamp>2024-01-02T03:04:05Z</"
      "timestamp><contributor><username>x</username>"
      "</contributor><text xml:space=\"preserve\">{}</text></revision></page>\n",
      title, space, more, text);
}

TEST(Wikitext, DumpsAreTheirArticles) {
  const std::string head =
      "<mediawiki "
      "xmlns=\"http://www.mediawiki.org/xml/export-0.11/\"><siteinfo><base>https://en.wikipedia.org/wiki/Main_Page</"
      "base></siteinfo>\n";
  const std::string body =
      page("A page", 0, "Some ''text'' &amp; more &lt;ref&gt;x&lt;/ref&gt;.") + page("Talk:A page", 1, "talk") +
      page("Old", 0, "#REDIRECT [[A page]]", "<redirect title=\"A page\" />") + page("Another", 0, "Last text.");
  for (const ArchivePacking packing : {ArchivePacking::none, ArchivePacking::bzip2}) {
    // Wikipedia's dumps are several bzip2 streams one behind the other.
    const std::string file = packing == ArchivePacking::none
                                 ? head + body + "</mediawiki>"
                                 : pack(packing, head) + pack(packing, body) + pack(packing, "</mediawiki>");
    const auto all = read_for_test(file, "pages.xml");
    ASSERT_EQ(all.texts(), (Texts{"Some text & more.\n", "Last text.\n"}));
    EXPECT_EQ(all.documents[0].title, "A page");
    EXPECT_EQ(all.documents[0].address, "https://en.wikipedia.org/wiki/A_page");
    EXPECT_EQ(all.documents[0].date, "2024-01-02T03:04:05Z");
    EXPECT_EQ(all.reason("Talk:A page"), "is no article: namespace 1");
    EXPECT_EQ(all.reason("Old"), "only leads to another page: A page");
  }
  // A broken page costs no other.
  const auto broken = read_for_test(head + page("One", 0, "first") + "<page><title>x</wrong>" +
                                        page("Two", 0, "second") + page("Three", 0, "third") + "</mediawiki>",
                                    "p.xml");
  EXPECT_EQ(broken.texts(), (Texts{"first\n", "second\n", "third\n"}));
  EXPECT_FALSE(broken.skipped.empty());
}

}  // namespace
}  // namespace persea::read
