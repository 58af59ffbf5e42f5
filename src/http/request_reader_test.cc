#include "http/request_reader.h"

#include <gtest/gtest.h>

namespace persea::http {
namespace {

constexpr size_t kHeaderBytes = 1024;

// The status of the refusal, 0 where there is none; `step` bytes at a time.
int refusal_of(std::string_view input, size_t step, size_t body_bytes = 100) {
  RequestReader reader(kHeaderBytes);
  std::string bytes;
  for (size_t at = 0; at < input.size(); at += step) {
    bytes += input.substr(at, step);
    auto event = reader.feed(bytes);
    if (event == RequestReader::Event::head) {
      if (const auto refusal = reader.limit_body(body_bytes)) return refusal->status;
      event = reader.feed(bytes);
    }
    if (event == RequestReader::Event::refused) return reader.refusal().status;
    if (event == RequestReader::Event::request) return 0;
  }
  return 0;
}

TEST(RequestReader, ReadsRequestsHoweverTheyAreCut) {
  const std::string input =
      "\r\nPOST /v1/chat?x=1 HTTP/1.1\r\nHost: LocalHost:80\r\nX-A: b \r\nContent-Length: 5\r\n\r\nhello"
      "POST /c HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "3;e=1\r\nabc\r\n2\r\nde\r\n0\r\nHost: evil\r\nX-T: 1\r\n\r\n"
      "GET /last HTTP/1.0\r\n\r\nrest";
  for (size_t step = 1; step < 40; ++step) {
    std::vector<RequestHead> heads;
    std::vector<std::string> bodies;
    auto reader = std::make_unique<RequestReader>(kHeaderBytes);
    std::string bytes;
    for (size_t at = 0; at < input.size(); at += step) {
      bytes += input.substr(at, step);
      while (true) {
        const auto event = reader->feed(bytes);
        ASSERT_NE(event, RequestReader::Event::refused) << reader->refusal().message;
        if (event == RequestReader::Event::more) break;
        if (event == RequestReader::Event::head) {
          heads.push_back(reader->head());
          EXPECT_FALSE(reader->limit_body(100));
        } else {
          bodies.push_back(reader->take_body());
          reader = std::make_unique<RequestReader>(kHeaderBytes);
        }
        if (bytes.empty() && event == RequestReader::Event::request) break;
      }
    }
    ASSERT_EQ(bodies, (std::vector<std::string>{"hello", "abcde", ""})) << step;
    EXPECT_EQ(heads[0].method, "POST");
    EXPECT_EQ(heads[0].raw_path, "/v1/chat");
    EXPECT_EQ(heads[0].target.query, (Fields{{"x", "1"}}));
    EXPECT_EQ(heads[0].host, "localhost");
    EXPECT_EQ(heads[0].headers[1], (Field{"X-A", "b"}));
    EXPECT_TRUE(heads[0].keep_alive);
    EXPECT_TRUE(heads[0].has_body);
    EXPECT_EQ(heads[1].host, "[::1]");
    EXPECT_FALSE(heads[1].keep_alive);
    EXPECT_EQ(heads[1].headers.size(), 3u);  // no trailer becomes a header
    EXPECT_TRUE(heads[2].http10);
    EXPECT_FALSE(heads[2].keep_alive);
    EXPECT_FALSE(heads[2].has_body);
    EXPECT_EQ(bytes, "rest");
  }
}

TEST(RequestReader, RefusesWhatIsMalformedOrMeansTwoThings) {
  const std::string start = "POST / HTTP/1.1\r\nHost: x\r\n", get = "GET / HTTP/1.1\r\n";
  const std::pair<int, std::string> cases[] = {
      {400, "GET\r\n\r\n\r\n"},
      {400, "GET /\r\n\r\n"},
      {505, "GET / \r\nHost: x\r\n\r\n"},
      {400, " GET / HTTP/1.1\r\n\r\n"},
      {400, "G@T / HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "GET a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "GET * HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n"},
      {505, "GET / HTTP/2.0\r\nHost: x\r\n\r\n"},
      {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {505, "GET / http/1.1\r\nHost: x\r\n\r\n"},
      {400, "\x16\x03\x01\x02\r\n\r\n"},
      {400, get + "\r\n"},
      {400, get + "Host: x\r\nHost: x\r\n\r\n"},
      {400, get + "Host: x\r\nA b: c\r\n\r\n"},
      {400, get + "Host : x\r\n\r\n"},
      {400, get + "Host: x\r\nA: b\x01\r\n\r\n"},
      {400, get + "Host: x\rA: b\r\n\r\n"},
      {400, get + "Host: x\r\n: b\r\n\r\n"},
      {417, get + "Host: x\r\nExpect: a miracle\r\n\r\n"},
      {400, start + "Content-Length: -1\r\n\r\n"},
      {400, start + "Content-Length: 1x\r\n\r\nx"},
      {400, start + "Content-Length: 99999999999999999999\r\n\r\n"},
      {400, start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"},
      {400, start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {400, start + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"},
      {400, start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {501, start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
      {501, start + "Transfer-Encoding: identity\r\n\r\n"},
      {501, start + "Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n\r\nabc"},
      {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {400, start + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"},
      {400, start + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n"},
      {400, start + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"},
      {400, start + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n"},
      {400, start + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(2 * kHeaderBytes, 'e')},
      {400, start + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + std::string(2 * kHeaderBytes, 'e')},
      {413, start + "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n"},
      {413,
       start + "Transfer-Encoding: chunked\r\n\r\n32\r\n" + std::string(50, 'x') + "\r\n33\r\n" + std::string(51, 'x')},
      {413, start + "Content-Length: 101\r\n\r\n"},
      {413, start + "Content-Length: 18446744073709551615\r\n\r\n"},
      {431, "GET /" + std::string(2 * kHeaderBytes, 'a')},
      {431, get + "Host: " + std::string(2 * kHeaderBytes, 'a') + "\r\n\r\n"},
      {431, get + "Host: x\r\nA: " + std::string(kHeaderBytes - 40, 'a') + "\r\n" + "B: 12345678901234\r\n\r\n"},
  };
  for (const auto& [status, input] : cases) {
    EXPECT_EQ(refusal_of(input, input.size()), status) << input;
    EXPECT_EQ(refusal_of(input, 1), status) << input;
  }
  EXPECT_EQ(refusal_of(start + "Content-Length: 100\r\n\r\n" + std::string(100, 'x'), 9), 0);
  EXPECT_EQ(refusal_of("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 3), 0);
}

TEST(RequestReader, NamesTheLimit) {
  RequestReader reader(kHeaderBytes);
  std::string bytes = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n";
  ASSERT_EQ(reader.feed(bytes), RequestReader::Event::head);
  EXPECT_EQ(reader.limit_body(1000000)->message,
            "the body is larger than the limit of 1000000 bytes (1.0 MB): send less");
}

}  // namespace
}  // namespace persea::http
