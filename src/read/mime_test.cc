#include "read/mime.h"

#include <gtest/gtest.h>

#include "read/read_for_test.h"

namespace persea::read {
namespace {

using Texts = std::vector<std::string>;

TEST(Mime, DecodesCodes) {
  EXPECT_EQ(decode_base64("aGVs\r\nbG8="), "hello");
  EXPECT_EQ(decode_base64("aGVsbG8=aGVsbG8="), "hellohello");
  EXPECT_EQ(decode_quoted_printable("a=C3=A9b=\r\nc = d=3d\n"),
            "a\xc3\xa9"
            "bc = d=\n");
  EXPECT_EQ(decode_words("=?utf-8?q?caf=C3=A9_au?= =?UTF-8?B?IGxhaXQ=?= now"), "caf\xc3\xa9 au lait now");
  EXPECT_EQ(decode_words("=?iso-8859-1?Q?Gr=FC=DFe?="),
            "Gr\xc3\xbc\xc3\x9f"
            "e");
  // A character cut in two between words.
  EXPECT_EQ(decode_words("=?utf-8?b?w6Q=?= =?utf-8?q?=C3?= =?utf-8?q?=A4?="), "\xc3\xa4\xc3\xa4");
  EXPECT_EQ(decode_words("=?broken"), "=?broken");
}

TEST(Mime, TakesThePlainestPart) {
  const std::string message =
      "From: \"Ann Lee\" <ann@x.org>\r\nDate: Mon, 3 Jun 2024 10:00:00 +0200\r\nSubject: "
      "=?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
      "Content-Type: multipart/mixed;\r\n boundary=\"out\"\r\nMIME-Version: 1.0\r\n\r\npreamble\r\n--out\r\n"
      "Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\nContent-Type: "
      "text/html\r\n\r\n<p>html</p>\r\n--in\r\n"
      "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nHello "
      "Andr=E9,=\r\n you\r\n"
      "--in--\r\n--out\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--out\r\n"
      "Content-Disposition: attachment; filename=x.txt\r\n\r\nattached\r\n--out--\r\n";
  const auto all = read_for_test(message, "1718.M1P2.host:2,S");
  ASSERT_EQ(all.texts(), Texts{"Hello Andr\xc3\xa9, you\n"});
  EXPECT_EQ(all.documents[0].title,
            "Gr\xc3\xbc\xc3\x9f"
            "e");
  EXPECT_EQ(all.documents[0].author, "Ann Lee");
  EXPECT_EQ(all.documents[0].date, "Mon, 3 Jun 2024 10:00:00 +0200");
}

TEST(Mime, TakesOutQuotes) {
  EXPECT_EQ(without_quotes("Hi,\n\nOn Monday Ann wrote:\n> old\n> text\n\nI agree.\n"), "Hi,\n\n\nI agree.\n");
  EXPECT_EQ(without_quotes("Yes.\n\nOn Mon, 3 Jun 2024 at 10:00\nAnn Lee <ann@x.org> wrote:\n\n> old\n"), "Yes.\n");
  EXPECT_EQ(without_quotes("New\n-----Original Message-----\nFrom: x\nold"), "New");
  EXPECT_EQ(without_quotes("a > b\nand so on"), "a > b\nand so on");
  const std::string mail = "From: a@x.org\nTo: b@x.org\nSubject: s\n\nNew.\n> old\n";
  EXPECT_EQ(read_for_test(mail, "a.eml").texts(), Texts{"New.\n"});
  EXPECT_EQ(read_for_test(mail, "a.eml", {.keep_quotes = true}).texts(), Texts{"New.\n> old\n"});
}

TEST(Mime, PartsMailboxesIntoMessages) {
  const std::string head = "From ann@x.org Sat Jan  3 01:05:34 1996\n";
  const std::string box =
      head + "From: Ann <ann@x.org>\nSubject: one\n\nFirst message.\nFrom here on it is text.\n>From the start.\n\n" +
      head + "From: bob@x.org (Bob)\nSubject: two\n\nSecond.\n\nFrom nobody, without a time.\n";
  const auto all = read_for_test(box, "inbox");
  ASSERT_EQ(all.texts(), (Texts{"First message.\nFrom here on it is text.\nFrom the start.\n",
                                "Second.\n\nFrom nobody, without a time.\n"}));
  EXPECT_EQ(all.documents[1].author, "Bob");
  EXPECT_EQ(all.documents[1].place, "message 2");
}

TEST(Mime, FlowedLinesGoOn) {
  EXPECT_EQ(
      read_for_test(
          "From: a@x.org\nDate: x\nTo: b\nContent-Type: text/plain; format=flowed\n\nA line that \ngoes on.\nNext.\n",
          "a.eml")
          .texts(),
      Texts{"A line that goes on.\nNext.\n"});
}

TEST(Mime, NestedPartsEnd) {
  std::string message = "From: a@x.org\nDate: x\nTo: b\n";
  for (int i = 0; i < 200; ++i) message += fmt::format("Content-Type: multipart/mixed; boundary=b{}\n\n--b{}\n", i, i);
  EXPECT_TRUE(read_for_test(message + "\ntext\n", "a.eml").texts().empty());
}

}  // namespace
}  // namespace persea::read
