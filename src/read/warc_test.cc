#include <gtest/gtest.h>

#include "read/archive_for_test.h"
#include "read/http_answer.h"
#include "read/read_for_test.h"

namespace persea::read {
namespace {

using Texts = std::vector<std::string>;

std::string record(const std::string& kind, const std::string& type, const std::string& body,
                   const std::string& address) {
  return fmt::format(
      "WARC/1.0\r\nWARC-Type: {}\r\nWARC-Target-URI: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}\r\n\r\n",
      kind, address, type, body.size(), body);
}

std::string answer(const std::string& headers, const std::string& body, int status = 200) {
  return fmt::format("HTTP/1.1 {} OK\r\n{}\r\n{}", status, headers, body);
}

const std::string kSentence =
    "The quick brown fox jumps over the lazy dog, as it has done for many years, and nobody minds.";

TEST(Warc, TakesTextsOfAnswers) {
  const std::string page = "<html><body><p>" + kSentence + "</p></body></html>";
  const std::string http = "application/http; msgtype=response";
  std::string latin = kSentence;
  const std::string bytes =
      record("warcinfo", "application/warc-fields", "software: x", "") +
      record("request", "application/http; msgtype=request", "GET / HTTP/1.1\r\n\r\n", "http://a.org/") +
      record("response", http, answer("Content-Type: text/html\r\n", page), "http://a.org/") +
      record("response", http,
             answer("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n",
                    "5\r\nfirst\r\n7;x=y\r\n second\r\n0\r\n\r\n"),
             "http://b.org/") +
      record(
          "response", http,
          answer("Content-Type: text/plain\r\nContent-Encoding: gzip\r\n", pack(ArchivePacking::gzip, "packed body")),
          "http://c.org/") +
      record("response", http, answer("Content-Type: text/plain; charset=\"iso-8859-1\"\r\n", "caf\xe9"),
             "http://d.org/") +
      record("response", http, answer("Content-Type: image/png\r\n", "\x89PNG"), "http://e.org/") +
      record("response", http, answer("Content-Type: text/html\r\n", "gone", 404), "http://f.org/") +
      record("conversion", "text/plain", "a text of WET\n", "http://g.org/");
  for (const bool packed : {false, true}) {
    const auto all = read_for_test(packed ? pack(ArchivePacking::gzip, bytes) : bytes, "x.warc");
    ASSERT_EQ(all.texts().size(), 5U);
    EXPECT_NE(all.texts()[0].find(kSentence), std::string::npos);
    EXPECT_EQ(all.documents[0].address, "http://a.org/");
    EXPECT_EQ(all.texts()[1], "first second");
    EXPECT_EQ(all.texts()[2], "packed body");
    EXPECT_EQ(all.texts()[3], "caf\xc3\xa9");
    EXPECT_EQ(all.texts()[4], "a text of WET\n");
    EXPECT_EQ(all.documents[4].place, "record 9");
    EXPECT_EQ(all.reason("record 7"), "is of a type that is not read: image/png");
    EXPECT_EQ(all.reason("record 8"), "is an answer without success: status 404");
  }
}

TEST(Warc, FindsItsWayBehindBrokenRecords) {
  const std::string good = record("conversion", "text/plain", "good text", "http://a.org/");
  const std::string bytes = good + "some bytes that are no record\n" + good +
                            "WARC/1.0\r\nContent-Length: x\r\n\r\nbody\r\n" + good + good.substr(0, good.size() - 10);
  const auto all = read_for_test(bytes, "x.warc");
  EXPECT_EQ(all.texts(), (Texts{"good text", "good text", "good text", "goo"}));
  EXPECT_EQ(all.skipped.size(), 4U);
}

TEST(Warc, AnswersAreTakenApart) {
  EXPECT_EQ(media_type("Text/HTML; charset=x"), "text/html");
  EXPECT_EQ(media_parameter("text/html; a=1; Charset=\"utf\\\"8\" ; b=2", "charset"), "utf\"8");
  EXPECT_EQ(media_parameter("text/html; a=1; b=2", "b"), "2");
  EXPECT_EQ(media_parameter("text/html; flag; b=2", "b"), "2");
  EXPECT_EQ(media_parameter("text/html", "charset"), "");
  EXPECT_FALSE(read_http_answer("GET /", 100).ok());
  EXPECT_EQ(read_http_answer("HTTP/1.0 200\n\nbody", 100)->body, "body");
  // Kept unpacked, with its headers as they were.
  EXPECT_EQ(
      read_http_answer("HTTP/1.0 200\nContent-Encoding: gzip\nTransfer-Encoding: chunked\n\nbody is plain", 100)->body,
      "body is plain");
  EXPECT_FALSE(read_http_answer(
                   "HTTP/1.0 200\nContent-Encoding: gzip\n\n" + pack(ArchivePacking::gzip, std::string(5000, 'a')), 100)
                   .ok());
}

}  // namespace
}  // namespace persea::read
