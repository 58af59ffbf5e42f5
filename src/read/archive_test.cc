#include <gtest/gtest.h>

#include "read/archive_for_test.h"
#include "read/read_for_test.h"

namespace persea::read {
namespace {

using Texts = std::vector<std::string>;

TEST(Archive, MembersAreReadByTheirOwnForm) {
  const std::vector<std::pair<std::string, std::string>> members = {
      {"a/one.txt", "first text"},
      {"two.jsonl", "{\"text\": \"second\"}\n{\"text\": \"third\"}\n"},
      {"picture.png", "\x89PNG\r\n\x1a\nxxxx"},
      {".hidden/x.txt", "never"},
      {"three.md", "# fourth"}};
  for (const ArchiveForm form : {ArchiveForm::zip, ArchiveForm::tar, ArchiveForm::seven_zip}) {
    const auto all = read_for_test(make_archive(form, members), "x.bin");
    EXPECT_EQ(all.texts(), (Texts{"first text", "second", "third", "# fourth"})) << static_cast<int>(form);
    EXPECT_EQ(all.places(), (Texts{"a/one.txt", "two.jsonl: line 1", "two.jsonl: line 2", "three.md"}));
    EXPECT_EQ(all.reason("picture.png"), "is a PNG image");
    EXPECT_EQ(all.reason(".hidden/x.txt"), "is hidden");
    EXPECT_EQ(all.problem, "");
  }
}

TEST(Archive, PackedStreamsAreUnpacked) {
  for (const ArchivePacking packing :
       {ArchivePacking::gzip, ArchivePacking::zstd, ArchivePacking::xz, ArchivePacking::bzip2}) {
    EXPECT_EQ(read_for_test(pack(packing, "some text"), "x.txt").texts(), Texts{"some text"});
    const auto tar = make_archive(ArchiveForm::tar, {{"x.txt", "member"}}, packing);
    EXPECT_EQ(read_for_test(tar, "x.tar.x").texts(), Texts{"member"});
    // Two streams one behind the other are one.
    EXPECT_EQ(read_for_test(pack(packing, "one ") + pack(packing, "two"), "x.txt").texts(), Texts{"one two"});
  }
}

TEST(Archive, NestsToADepth) {
  std::string bytes = "the text within";
  std::string name = "x.txt";
  for (int depth = 1; depth <= 4; ++depth) {
    bytes = make_archive(depth % 2 == 0 ? ArchiveForm::tar : ArchiveForm::zip, {{name, bytes}});
    name = depth % 2 == 0 ? "a.tar" : "a.zip";
    const auto all = read_for_test(bytes, name);
    if (depth <= 3) {
      EXPECT_EQ(all.texts(), Texts{"the text within"}) << depth;
    } else {
      EXPECT_TRUE(all.texts().empty());
      EXPECT_EQ(all.reason("a.zip: a.tar: a.zip"), "is an archive within 3 others");
    }
  }
}

TEST(Archive, EncryptedMembersAreNamed) {
  const auto all = read_for_test(make_archive(ArchiveForm::zip, {{"a.txt", "secret"}, {"b.txt", "secret"}},
                                              ArchivePacking::none, "zip:encryption=zipcrypt", "password"),
                                 "x.zip");
  EXPECT_TRUE(all.texts().empty());
  EXPECT_EQ(all.reason("a.txt"), "is encrypted");
  EXPECT_EQ(all.reason("b.txt"), "is encrypted");
}

TEST(Archive, DamageCostsWhatIsBehindIt) {
  std::string long_text;
  for (int i = 0; i < 20000; ++i) long_text += fmt::format("line {} of many\n", i * 7919 % 10007);
  const std::vector<std::pair<std::string, std::string>> members = {
      {"a.txt", "whole"}, {"b.txt", long_text}, {"c.txt", "last"}};
  for (const ArchivePacking packing : {ArchivePacking::gzip, ArchivePacking::none}) {
    const std::string bytes = make_archive(ArchiveForm::tar, members, packing);
    const auto all = read_for_test(bytes.substr(0, bytes.size() / 2), "x.tar");
    ASSERT_GE(all.documents.size(), 1U) << all.problem;
    EXPECT_EQ(all.documents[0].text, "whole");
    EXPECT_FALSE(all.problem.empty() && all.skipped.empty());
  }
  // A damaged member of a zip archive costs no other.
  std::string zip = make_archive(ArchiveForm::zip, members);
  const size_t at = zip.find("b.txt") + 2000;
  for (size_t i = 0; i < 64; ++i) zip[at + i] = static_cast<char>(i);
  const auto all = read_for_test(zip, "x.zip");
  ASSERT_GE(all.documents.size(), 2U);
  EXPECT_EQ(all.documents.front().text, "whole");
  EXPECT_EQ(all.documents.back().text, "last");
  EXPECT_NE(all.reason("b.txt"), "");
}

TEST(ArchiveSlow, BombsAreDefused) {
  const std::string zeroes(300 << 20, ' ');
  const std::string bomb = pack(ArchivePacking::zstd, zeroes);
  ASSERT_LT(bomb.size(), 100000U);
  const auto all = read_for_test(bomb, "x.txt", {.document_bytes = 1 << 20});
  EXPECT_NE(all.problem.find("a thousand times"), std::string::npos) << all.problem;
}

TEST(ArchiveSlow, BombsInArchivesAreDefusedToo) {
  const std::string spaces(300 << 20, ' ');
  const std::string bomb =
      make_archive(ArchiveForm::seven_zip, {{"a.txt", "first"}, {"b.txt", spaces}, {"c.txt", "x"}});
  ASSERT_LT(bomb.size(), 200000U);
  const auto all = read_for_test(bomb, "x.7z", {.document_bytes = 1 << 20});
  EXPECT_EQ(all.texts(), Texts{"first"});
  EXPECT_NE(all.reason("b.txt").find("a thousand times"), std::string::npos);
  EXPECT_NE(all.reason().find("the rest is left out"), std::string::npos);
}

std::string epub(const std::string& first, const std::string& second) {
  return make_archive(
      ArchiveForm::zip,
      {{"mimetype", "application/epub+zip"},
       {"META-INF/container.xml",
        "<container xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><rootfiles><rootfile "
        "full-path='OEBPS/b.opf' "
        "media-type='application/oebps-package+xml'/></rootfiles></container>"},
       {"OEBPS/text/b%20two.xhtml", ""},
       {"OEBPS/b.opf",
        "<package xmlns='http://www.idpf.org/2007/opf' "
        "xmlns:dc='http://purl.org/dc/elements/1.1/'><metadata><dc:title>A Tale"
        "</dc:title><dc:creator>Ann Lee</dc:creator><dc:date>1999</dc:date></metadata><manifest><item id='two' "
        "href='text/two%20x.xhtml'/><item id='one' href='text/one.xhtml'/><item id='nav' properties='nav' "
        "href='nav.xhtml'/>"
        "</manifest><spine><itemref idref='nav'/><itemref idref='one'/><itemref idref='two'/></spine></package>"},
       {"OEBPS/nav.xhtml", "<html><body><p>Contents that nobody reads, one two three.</p></body></html>"},
       {"OEBPS/text/two x.xhtml", "<html><body><p>" + second + "</p></body></html>"},
       {"OEBPS/text/one.xhtml", "<html><body><p>" + first + "</p></body></html>"}},
      ArchivePacking::none, "zip:compression=store");
}

TEST(Archive, BooksFollowTheirSpine) {
  const std::string first =
                        "It was a bright cold day in April, and the clocks were striking, as they always did there.",
                    second = "The hallway smelt of boiled cabbage and old rag mats; at one end of it hung a poster.";
  const auto all = read_for_test(epub(first, second), "x.epub");
  ASSERT_EQ(all.documents.size(), 1U) << all.reason();
  EXPECT_EQ(all.documents[0].text, first + "\n\n" + second + "\n");
  EXPECT_EQ(all.documents[0].title, "A Tale");
  EXPECT_EQ(all.documents[0].author, "Ann Lee");
  EXPECT_EQ(all.documents[0].date, "1999");
  const auto cut = read_for_test(epub(first, second), "x.epub", {.document_bytes = 100});
  ASSERT_EQ(cut.documents.size(), 2U);
  EXPECT_EQ(cut.documents[1].place, "part 2");
  EXPECT_EQ(cut.documents[1].text, second + "\n");
}

TEST(Archive, OfficeDocumentsAreTheirParagraphs) {
  const std::string word =
      "<w:document xmlns:w='w'><w:body><w:p><w:r><w:t>One "
      "</w:t></w:r><w:r><w:t>paragraph.</w:t></w:r></w:p><w:p><w:r><w:tab/>"
      "<w:t>Another</w:t><w:instrText>PAGE</w:instrText></w:r></w:p></w:body></w:document>";
  EXPECT_EQ(
      read_for_test(make_archive(ArchiveForm::zip, {{"[Content_Types].xml", "<x/>"}, {"word/document.xml", word}}),
                    "x.docx")
          .texts(),
      Texts{"One paragraph.\n\nAnother\n"});
  const std::string open =
      "<office:document-content xmlns:office='o' xmlns:text='t'><text:h>Head</text:h><text:p>Some<text:s "
      "text:c='2'/>text"
      "<text:line-break/>here</text:p></office:document-content>";
  EXPECT_EQ(read_for_test(make_archive(ArchiveForm::zip, {{"mimetype", "application/vnd.oasis.opendocument.text"},
                                                          {"content.xml", open}}),
                          "x.odt")
                .texts(),
            Texts{"Head\n\nSome  text\nhere\n"});
}

}  // namespace
}  // namespace persea::read
