#include "http/message.h"

#include <gtest/gtest.h>

#include "http/request_id.h"

namespace persea::http {
namespace {

TEST(Message, FindsHeadersAndFields) {
  Request request;
  request.headers = {{"Content-Type", "text/plain"}, {"X", "1"}, {"x", "2"}};
  request.query = {{"a", "1"}, {"A", "2"}};
  request.parameters = {{"id", "m"}};
  EXPECT_EQ(request.header("content-TYPE"), "text/plain");
  EXPECT_EQ(request.header("x"), "1");
  EXPECT_FALSE(request.header("y"));
  EXPECT_EQ(request.query_value("A"), "2");
  EXPECT_FALSE(request.query_value("b"));
  EXPECT_EQ(request.parameter("id"), "m");
  EXPECT_THROW((void)request.parameter("no"), std::logic_error);
}

TEST(Message, BearerTokens) {
  const auto token = [](const char* value) {
    Request request;
    request.headers = {{"authorization", value}};
    const auto found = bearer_token(request);
    return found ? std::string(*found) : "none";
  };
  EXPECT_EQ(token("Bearer sk-1"), "sk-1");
  EXPECT_EQ(token("bearer   sk-1"), "sk-1");
  for (const char* wrong : {"", "Bearer", "Bearer ", "Basic abc", "Bearersk-1", "Bearer a b"}) {
    EXPECT_EQ(token(wrong), "none") << wrong;
  }
  EXPECT_FALSE(bearer_token(Request()));
  EXPECT_TRUE(same_secret("sk-1", "sk-1"));
  EXPECT_FALSE(same_secret("sk-1", "sk-2"));
  EXPECT_FALSE(same_secret("sk-1", "sk-11"));
}

TEST(Message, ErrorsAreOfOpenAIsShape) {
  const Response response =
      error_response({.status = 404, .message = "no", .code = "model_not_found", .param = "model"});
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(Json::parse(response.body),
            Json::parse(R"({"error": {"message": "no", "type": "invalid_request_error", "param": "model",
                                      "code": "model_not_found"}})"));
  EXPECT_EQ(Json::parse(error_response({.status = 503, .message = "x"}).body),
            Json::parse(R"({"error": {"message": "x", "type": "server_error", "param": null, "code": null}})"));
}

TEST(Message, ServerSentEvents) {
  EXPECT_EQ(server_sent_event("{}"), "data: {}\n\n");
  EXPECT_EQ(server_sent_event(""), "data: \n\n");
  EXPECT_EQ(server_sent_event("a\nb\r\nc\rd\n", "x"), "event: x\ndata: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
  EXPECT_THROW((void)server_sent_event("", "a\nb"), std::logic_error);
}

TEST(Message, AHeadCannotBeBrokenOutOf) {
  const auto head = [](const Response& response) { return response_head(response, "req_1", {.length = 3}); };
  const std::string text = head({.headers = {{"X-A", "b"}}});
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << text;
  EXPECT_NE(text.find(" GMT\r\nX-Request-Id: req_1\r\n"), text.npos) << text;
  EXPECT_NE(text.find("\r\nContent-Length: 3\r\n"), text.npos);
  EXPECT_TRUE(text.ends_with("\r\nX-A: b\r\n\r\n")) << text;
  EXPECT_THROW((void)head({.headers = {{"X-A", "b\r\nSet-Cookie: x"}}}), std::logic_error);
  EXPECT_THROW((void)head({.headers = {{"X A", "b"}}}), std::logic_error);
  EXPECT_THROW((void)head({.headers = {{"", "b"}}}), std::logic_error);
  EXPECT_THROW((void)head({.headers = {{"content-length", "1"}}}), std::logic_error);
  EXPECT_THROW((void)head({.content_type = "a\n"}), std::logic_error);
  EXPECT_THROW((void)head({.status = 100}), std::logic_error);
}

TEST(Message, RequestsHaveNamesOfTheirOwn) {
  const std::string one = request_id(), two = request_id();
  EXPECT_EQ(one.size(), 28u);
  EXPECT_TRUE(one.starts_with("req_"));
  EXPECT_NE(one, two);
}

}  // namespace
}  // namespace persea::http
