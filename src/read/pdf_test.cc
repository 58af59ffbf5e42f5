#include <gtest/gtest.h>

#include "read/pdf_pages.h"
#include "read/pdf_text.h"
#include "read/read_for_test.h"

namespace persea::read {
namespace {

using Texts = std::vector<std::string>;

// A PDF of these pages, each a list of lines from the top.
std::string make_pdf(const std::vector<Texts>& pages) {
  std::string pdf = "%PDF-1.4\n";
  std::vector<size_t> places;
  const auto object = [&](const std::string& body) {
    places.push_back(pdf.size());
    pdf += fmt::format("{} 0 obj\n{}\nendobj\n", places.size(), body);
  };
  std::string kids;
  for (size_t i = 0; i < pages.size(); ++i) kids += fmt::format("{} 0 R ", 4 + 2 * i);
  object("<< /Type /Catalog /Pages 2 0 R >>");
  object(fmt::format("<< /Type /Pages /Count {} /Kids [{}] >>", pages.size(), kids));
  object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  for (size_t i = 0; i < pages.size(); ++i) {
    object(
        fmt::format("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
                    "/Contents {} 0 R >>",
                    5 + 2 * i));
    std::string stream = "BT /F1 10 Tf 14 TL 72 740 Td\n";
    for (const std::string& line : pages[i]) stream += fmt::format("({}) Tj T*\n", line);
    stream += "ET";
    object(fmt::format("<< /Length {} >>\nstream\n{}\nendstream", stream.size(), stream));
  }
  object("<< /Title (A Paper) /Author (Ann Lee) >>");
  const size_t xref = pdf.size();
  pdf += fmt::format("xref\n0 {}\n0000000000 65535 f \n", places.size() + 1);
  for (const size_t place : places) pdf += fmt::format("{:010} 00000 n \n", place);
  pdf += fmt::format("trailer\n<< /Size {} /Root 1 0 R /Info {} 0 R >>\nstartxref\n{}\n%%EOF\n", places.size() + 1,
                     places.size(), xref);
  return pdf;
}

TEST(Pdf, TextIsReadInItsOrder) {
  const auto all = read_for_test(make_pdf({{"A line of text that is as long as lines of text are on pages, and exam-",
                                            "ple words that were parted are joined again."}}),
                                 "x.pdf");
  ASSERT_EQ(all.texts(), Texts{"A line of text that is as long as lines of text are on pages, and example words that "
                               "were parted are joined again.\n"})
      << all.reason();
  EXPECT_EQ(all.documents[0].title, "A Paper");
  EXPECT_EQ(all.documents[0].author, "Ann Lee");
}

TEST(Pdf, BrokenFilesAreNamed) {
  EXPECT_EQ(read_for_test("%PDF-1.4 and so on", "x.pdf").reason(), "is a broken PDF");
  EXPECT_EQ(read_for_test(make_pdf({{}}), "x.pdf").reason(), "is a PDF without text: its pages are pictures, perhaps");
}

TEST(Pdf, LimitsKeepWhatWasRead) {
  const std::string pdf = make_pdf({{"The first page."}, {"The second page."}, {"The third page."}});
  const auto two = read_pdf(pdf, {.pages = 2});
  ASSERT_TRUE(two.ok());
  EXPECT_EQ(two->pages.size(), 2U);
  EXPECT_EQ(two->left_out, "is a PDF of too many pages: 2 were read");
  const auto little = read_pdf(pdf, {.text_bytes = 40});
  ASSERT_TRUE(little.ok());
  EXPECT_FALSE(little->left_out.empty());
  EXPECT_LT(little->pages.size(), 3U);
  EXPECT_EQ(read_pdf(pdf)->pages.size(), 3U);
}

TEST(Pdf, RunningHeadsGo) {
  const std::vector<std::string> kinds = {"green", "black", "white", "yellow", "red", "old"};
  std::vector<std::string> pages;
  for (size_t i = 0; i < kinds.size(); ++i) {
    pages.push_back(fmt::format(
        "A History of Tea\n\nThis is what the page on {0} tea has to say, and it says it at some\nlength, as {0} "
        "tea deserves.\n\n{1}\n",
        kinds[i], i + 1));
  }
  const std::string text = join_pages(pages);
  EXPECT_EQ(text.find("A History of Tea"), std::string::npos) << text;
  EXPECT_EQ(text.find("\n3\n"), std::string::npos);
  EXPECT_NE(
      text.find(
          "This is what the page on white tea has to say, and it says it at some length, as white tea deserves.\n"),
      std::string::npos)
      << text;
}

TEST(Pdf, ParagraphsGoOnOverPages) {
  EXPECT_EQ(join_pages({"It is a long line that is full to its end and then goes\non with words on the",
                        "next page as if nothing was. And so\nit ends.\n\nAnother."}),
            "It is a long line that is full to its end and then goes on with words on the next page as if nothing was. "
            "And so it ends.\n\nAnother.\n");
  EXPECT_EQ(join_pages({}), "");
}

}  // namespace
}  // namespace persea::read
