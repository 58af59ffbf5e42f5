#include "read/html.h"

#include <gtest/gtest.h>

#include "read/html_labels.h"
#include "read/html_parts.h"

namespace persea::read {
namespace {

std::string text_of(std::string_view page) { return read_html(page).text; }

// Sentences enough to be a text, with a word to know them by.
std::string prose(const std::string& word, int sentences = 6) {
  std::string text;
  for (int i = 0; i < sentences; ++i)
    text += "The " + word + " came down the road, and nobody who lived there knew why. ";
  return text;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Html, BlocksAndCharacters) {
  EXPECT_EQ(text_of("<p>One&nbsp;t<b>w</b>o &amp; th&shy;ree&#8217;s\n  ways<p>next<br>line</p><p> </p>"),
            "One two & three\xe2\x80\x99s ways\n\nnext\nline");
  EXPECT_EQ(text_of("<p>zero\xe2\x80\x8bwidth \xef\xbb\xbf"
                    "mark\x01 nar\xe2\x80\xafrow</p>"),
            "zerowidth mark nar row");
  EXPECT_EQ(text_of("<div>first words<div>second words</div>third words<br><br>fourth words</div>"),
            "first words\n\nsecond words\n\nthird words\n\nfourth words");
}

TEST(Html, ListsTablesAndListings) {
  const std::string before = "<p>" + prose("fox") + "</p>";
  EXPECT_TRUE(text_of(before + "<ul><li>one thing<li>two things<ul><li>inner thing</ul></ul><ol><li>a step</ol>")
                  .ends_with("\n\n- one thing\n- two things\n  - inner thing\n\n- a step"));
  EXPECT_TRUE(text_of(before + "<table><tr><th>Name<th>Size<tr><td>oak<td>12 m<tr><td>elm<td>9 <b>m</b></table>")
                  .ends_with("\n\nName | Size\noak | 12 m\nelm | 9 m"));
  EXPECT_TRUE(text_of(before + "<pre>\n  int main() {\n\n    return 0;  \n  }\n</pre>")
                  .ends_with("\n\n  int main() {\n\n    return 0;\n  }"));
  EXPECT_TRUE(text_of(before + "<dl><dt>oak<dd>a tree that grows slowly.</dl>")
                  .ends_with("\n\noak\na tree that grows slowly."));
}

TEST(Html, WhatCannotBeSeen) {
  const std::string page = "<p>" + prose("fox") +
                           "</p><p hidden>gone</p><p style='color:red; DISPLAY : none'>gone</p>"
                           "<p aria-hidden=true>gone</p><script>gone</script><template><p>gone</p></template>"
                           "<noscript>gone</noscript><button>gone</button><span class=sr-only>gone</span>"
                           "<h3><button>Does it open?</button></h3><p>" +
                           prose("hen") + "</p>";
  const std::string text = text_of(page);
  EXPECT_FALSE(holds(text, "gone"));
  EXPECT_TRUE(holds(text, "Does it open?"));
}

TEST(Html, MarksInLinesAndColoursInListings) {
  const std::string text =
      text_of("<h2>Name<a class=headerlink href=#n>\xc2\xb6</a></h2><p>" + prose("fox", 1) +
              "<sup class=reference><a href=#note>[1]</a></sup></p><pre><span class=lineno>1 </span>"
              "<span class='token comment'># a note</span> x = 1</pre>");
  EXPECT_TRUE(text.starts_with("Name\n\n"));
  EXPECT_TRUE(text.ends_with("knew why.\n\n# a note x = 1"));
}

TEST(Html, PagesThatShowTheirTextByAScript) {
  EXPECT_TRUE(holds(text_of("<p>Loading</p><noscript><p>" + prose("fox") + "</p></noscript>"), "fox"));
  EXPECT_TRUE(holds(text_of("<div style='visibility:hidden'><p>" + prose("fox") + "</p></div>"), "fox"));
  EXPECT_TRUE(holds(text_of("<script type='application/ld+json'>{\"@type\": \"NewsArticle\", \"articleBody\": \"" +
                            prose("fox") + "\"}</script><p>Loading</p>"),
                    "fox"));
}

TEST(Html, TheArticleOfAPage) {
  const std::string page =
      "<header><a href=/>Site</a> All about foxes</header><nav><ul><li><a href=/1>World</a><li><a "
      "href=/2>Sport</a></ul></nav>"
      "<div class=cookie-banner>" +
      prose("cookie", 1) +
      "</div><main><article><h1>On foxes</h1>"
      "<p class=byline>By Ann Other, 3 May 2020</p><div class=share-bar><a href=#>Share</a></div><p>" +
      prose("fox") +
      "</p>"
      "<figure><img src=x><figcaption>" +
      prose("caption", 1) + "</figcaption></figure><h2>More of them</h2><p>" + prose("hen") +
      "</p><p>Read more: <a href=/3>How geese fly over the sea</a></p></article><section class=related><h2>Related</h2>"
      "<div><h3><a href=/4>Of ducks</a></h3><p>" +
      prose("duck", 1) +
      "</p></div></section>"
      "<section id=comments><p>" +
      prose("reader") + "</p></section></main><aside>" + prose("advert", 1) + "</aside><footer>" + prose("footer", 1) +
      "</footer>";
  const HtmlPage read = read_html(page);
  EXPECT_EQ(read.title, "On foxes");
  const std::string fox = prose("fox"), hen = prose("hen");
  EXPECT_EQ(read.text, fox.substr(0, fox.size() - 1) + "\n\nMore of them\n\n" + hen.substr(0, hen.size() - 1));
}

TEST(Html, WhatReadersSayIsTheTextOfADiscussion) {
  std::string page = "<h1>Foxes?</h1>";
  for (const char* word : {"first", "second", "third"})
    page += "<div class=comment><a href=/u>somebody</a><p>" + prose(word) + "</p></div>";
  EXPECT_TRUE(holds(text_of(page), "first") && holds(text_of(page), "third"));
  EXPECT_FALSE(holds(text_of("<p>" + prose("fox") + "</p>" + page), "second"));
}

TEST(Html, AListOfArticlesIsKeptWhereThereIsNothingElse) {
  std::string cards;
  for (const char* word : {"fox", "hen", "duck", "goose"})
    cards += "<div><h3><a href=/" + std::string(word) + ">All about the " + word + "</a></h3><p>" + prose(word, 1) +
             "</p></div>";
  EXPECT_TRUE(holds(text_of("<div>" + cards + "</div>"), "duck"));
  EXPECT_FALSE(holds(text_of("<div><p>" + prose("horse", 20) + "</p></div><div>" + cards + "</div>"), "duck"));
}

TEST(Html, TablesOfThePastHoldPages) {
  const std::string page = "<TABLE><TR><TD><A HREF=a>Home</A><BR><A HREF=b>Links</A><TD><FONT SIZE=2>" + prose("fox") +
                           "<P>" + prose("hen") + "</TABLE>";
  const std::string text = text_of(page);
  EXPECT_FALSE(holds(text, "Home") || holds(text, "|"));
  EXPECT_TRUE(holds(text, "fox") && holds(text, "\n\nThe hen"));
}

TEST(Html, ShortTextsAreTexts) {
  EXPECT_EQ(text_of("<h1>Goat</h1><p>The goat is red.</p><p>It eats.</p>"), "The goat is red.\n\nIt eats.");
  EXPECT_EQ(text_of("nothing but words"), "nothing but words");
  EXPECT_EQ(text_of(""), "");
  EXPECT_EQ(text_of("<p>&nbsp;</p>"), "");
}

TEST(Html, WhatAPageSaysOfItself) {
  const HtmlPage page = read_html(
      "<html lang=en-GB><title>Foxes | The Site</title><link rel=canonical href=https://x.example/fox>"
      "<meta property=og:site_name content='The Site'><meta name=date content=1999-01-01>"
      "<script type=application/ld+json>{\"@graph\": [{\"@type\": [\"NewsArticle\"], \"headline\": \"Foxes &amp; "
      "hens\", "
      "\"datePublished\": \"2020-05-03T10:00:00Z\", \"author\": [{\"name\": \"Ann Other\"}, \"Bo Third\"]}]}</script>"
      "<script type=application/ld+json>{ broken</script><p>words</p>");
  EXPECT_EQ(page.title, "Foxes & hens");
  EXPECT_EQ(page.address, "https://x.example/fox");
  EXPECT_EQ(page.author, "Ann Other, Bo Third");
  EXPECT_EQ(page.date, "2020-05-03");
  EXPECT_EQ(page.language, "en-GB");
  EXPECT_EQ(read_html("<title>Foxes of the north - A Site</title>").title, "Foxes of the north");
  EXPECT_EQ(read_html("<p class=byline>By Ann Other</p>").author, "Ann Other");
  EXPECT_EQ(read_html("<meta name=author content=https://x.example/ann>").author, "");
}

TEST(Html, PartsByTheirNames) {
  const auto part_of = [](std::string_view page) {
    const HtmlTree tree(page);
    GoneNodes gone(tree.nodes().size(), 0);
    return find_parts(tree, gone)[1];
  };
  EXPECT_EQ(part_of("<div class='col shareButtons'>"), Part::extra);
  EXPECT_EQ(part_of("<div id=main-nav>"), Part::navigation);
  EXPECT_EQ(part_of("<div class=comment-list>"), Part::comments);
  EXPECT_EQ(part_of("<div class=has-sidebar>"), Part::plain);
  EXPECT_EQ(part_of("<body class=sidebar>"), Part::plain);
  EXPECT_EQ(part_of("<div class='type-post category-ads author-jo'>"), Part::content);
  EXPECT_EQ(part_of("<div class=shared>"), Part::plain);
  EXPECT_EQ(part_of("<div role=navigation>"), Part::navigation);
}

TEST(Html, Labels) {
  EXPECT_TRUE(is_label("Advertisement") && is_label("- Anzeige -") && is_label("Share this:") &&
              is_label("Photo: Ann"));
  EXPECT_FALSE(is_label("Share the bread with them") || is_label("Advertisement is a word.") || is_label(""));
}

}  // namespace
}  // namespace persea::read
