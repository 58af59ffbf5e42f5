#include "read/table_reader.h"

#include <gtest/gtest.h>

#include "read/read_for_test.h"
#include "read/table_rows.h"

namespace persea::read {
namespace {

using Texts = std::vector<std::string>;

TEST(Table, RowsHaveQuotes) {
  std::vector<std::string> fields;
  size_t length = 0;
  EXPECT_EQ(read_row("a,\"b,\"\"c\"\"\nd\",,e\r\nnext", ',', false, fields, length), RowEnd::complete);
  EXPECT_EQ(fields, (Texts{"a", "b,\"c\"\nd", "", "e"}));
  EXPECT_EQ(length, 18U);
  EXPECT_EQ(read_row("a,b", ',', false, fields, length), RowEnd::needs_more);
  EXPECT_EQ(read_row("a,b", ',', true, fields, length), RowEnd::complete);
  EXPECT_EQ(read_row("a,\"b", ',', true, fields, length), RowEnd::unclosed);
  EXPECT_EQ(read_row("\"a\"b,c\n", ',', false, fields, length), RowEnd::complete);
  EXPECT_EQ(fields, (Texts{"ab", "c"}));
}

TEST(Table, DelimitersAreFound) {
  EXPECT_EQ(sniff_delimiter("a;b;c\n1,5;2;3\n1,5;2;3\n"), ';');
  EXPECT_EQ(sniff_delimiter("a\tb\nx, y\tz\n"), '\t');
  EXPECT_EQ(sniff_delimiter("a,b\n\"x;y;z\",2\n"), ',');
  EXPECT_EQ(sniff_delimiter("a|b\n1|2\n"), '|');
}

TEST(Table, ColumnsAreFoundByName) {
  const auto all = read_for_test(
      "\xef\xbb\xbf"
      "id,Title,Text,URL\n1,One,\"First, with\nlines\",http://a\n2,Two,,\n3,Three,Third\n",
      "x.csv");
  EXPECT_EQ(all.texts(), (Texts{"First, with\nlines", "Third"}));
  EXPECT_EQ(all.documents[0].title, "One");
  EXPECT_EQ(all.documents[0].address, "http://a");
  EXPECT_EQ(all.documents[1].place, "row 3");
  EXPECT_EQ(all.reason("row 2"), "has no text");
}

TEST(Table, TheLongestColumnIsTheText) {
  std::string csv = "nr;who;opinion\n";
  for (int i = 0; i < 10; ++i) csv += fmt::format("{};P{};This is what number {} thinks of it at length\n", i, i, i);
  EXPECT_EQ(read_for_test(csv, "x.csv").texts()[3], "This is what number 3 thinks of it at length");
  EXPECT_EQ(read_for_test("a,b\n1,2\n3,4\n", "x.csv").reason(),
            "has no column of text: call one \"text\" (columns: a, b)");
  // Without names of columns.
  EXPECT_EQ(read_for_test(
                "1,a sentence that stands in a table without names\n2,another sentence of some length in it\n", "x.csv")
                .texts()
                .size(),
            2U);
  EXPECT_EQ(read_for_test("question\tanswer\nWhy?\tSo.\n", "x.tsv").texts(), Texts{"Why?\n\nSo."});
}

TEST(Table, UnclosedQuotesCostALine) {
  const auto all = read_for_test("text\nfine\n\"never closed\nalso fine\n", "x.csv");
  EXPECT_EQ(all.texts(), (Texts{"fine", "also fine"}));
  EXPECT_EQ(all.reason("row 2"), "its quotes do not end: its first line is left out");
}

TEST(Table, ARowOfMoreColumnsThanAnyTableHasIsLeftOut) {
  const auto all = read_for_test("text,b\nfine,1\n" + std::string(1 << 20, ',') + "\nalso fine,2\n", "x.csv");
  EXPECT_EQ(all.texts(), (Texts{"fine", "also fine"}));
  EXPECT_EQ(all.reason("row 2"), "has more than 65536 columns: it is left out");
}

TEST(Table, EncodingsOfOneByte) {
  EXPECT_EQ(read_for_test("text,b\nDer B\xe4r s\xfc\xdft gro\xdf"
                          "e \xc4pfel und h\xf6rt,x\n",
                          "x.csv")
                .texts(),
            Texts{"Der B\xc3\xa4r s\xc3\xbc\xc3\x9ft gro\xc3\x9f"
                  "e \xc3\x84pfel und h\xc3\xb6rt"});
}

}  // namespace
}  // namespace persea::read
