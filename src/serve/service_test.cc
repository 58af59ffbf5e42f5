// Routes beside those that write text, what is wrong with requests, and the description of all of it.
#include "serve/service.h"

#include "serve/openapi.h"
#include "serve/service_for_test.h"

namespace persea {
namespace {

TEST_F(ServiceTest, WhatIsWrongIsSaidWithItsStatus) {
  start();
  const auto refused = [&](std::string_view path, const Json& body) {
    const http::TestReply reply = post(path, body);
    const Json error = Json::parse(reply.body).at("error");
    EXPECT_FALSE(error.at("message").get<std::string>().empty());
    return fmt::format("{} {} {} {}", reply.status, error.at("type").get<std::string>(),
                       error.at("code").is_null() ? "-" : error.at("code").get<std::string>(),
                       error.at("param").is_null() ? "-" : error.at("param").get<std::string>());
  };
  const std::string chat = "/v1/chat/completions";
  EXPECT_EQ(refused(chat, {{"model", "tinny"}, {"messages", says("x")}}),
            "404 invalid_request_error model_not_found model");
  EXPECT_EQ(refused(chat, {{"messages", says("x")}}), "400 invalid_request_error missing_required_parameter model");
  EXPECT_EQ(refused(chat, {{"model", "tiny"}, {"messages", says("x")}, {"temperature", 5}}),
            "400 invalid_request_error invalid_value temperature");
  EXPECT_EQ(refused(chat, {{"model", "tiny"}, {"messages", says(std::string(1100, 'x'))}}),
            "400 invalid_request_error context_length_exceeded messages");
  EXPECT_EQ(refused("/v1/completions", {{"model", "tiny"}, {"prompt", {1, 2, 99999}}}),
            "400 invalid_request_error invalid_token prompt");
  const http::TestReply long_one = post(chat, {{"model", "tiny"}, {"messages", says(std::string(1100, 'x'))}});
  EXPECT_NE(long_one.body.find("84 more than"), std::string::npos) << long_one.body;

  http::TestClient client(server_->port());
  client.post(chat, "{}");
  EXPECT_EQ(client.reply().status, 415);
  EXPECT_EQ(send("GET", chat).status, 405);
  EXPECT_EQ(send("GET", "/v1/nothing").status, 404);
  EXPECT_EQ(send("POST", chat, "{\"a\": ").status, 400);
  EXPECT_EQ(send("POST", chat, "\xff\xfe").status, 400);
}

TEST_F(ServiceTest, ModelsTokensAndEmbeddings) {
  start();
  const Json models = Json::parse(send("GET", "/v1/models").body);
  ASSERT_EQ(models.at("data").size(), 2U);
  EXPECT_EQ(models.at("data")[0].at("id"), "tiny");
  const Json one = Json::parse(send("GET", "/v1/models/chatml").body);
  EXPECT_EQ(one.at("id"), "chatml");
  EXPECT_EQ(one.at("persea").at("device"), "cpu");
  EXPECT_EQ(one.at("persea").at("weights"), "f32");
  EXPECT_EQ(send("GET", "/v1/models/x").status, 404);
  const Json tokens = ask("/tokenize", {{"model", "tiny"}, {"prompt", "abc"}});
  EXPECT_EQ(tokens.at("count"), 4);
  EXPECT_EQ(ask("/detokenize", {{"model", "tiny"}, {"tokens", tokens.at("tokens")}}).at("prompt"), "<|endoftext|>abc");
  EXPECT_EQ(ask("/tokenize", {{"model", "tiny"}, {"messages", says("Hello")}}).at("count"), 12);

  const Json reply = ask("/v1/embeddings", {{"model", "tiny"}, {"input", {"one", "another"}}});
  ASSERT_EQ(reply.at("data").size(), 2U);
  const auto vector = reply.at("data")[0].at("embedding").get<std::vector<float>>();
  EXPECT_EQ(vector.size(), 32U);
  double norm = 0;
  for (const float value : vector) norm += value * value;
  EXPECT_NEAR(norm, 1, 1e-4);
  EXPECT_EQ(reply.at("usage").at("prompt_tokens"), 10);
  const Json packed = ask("/v1/embeddings", {{"model", "tiny"}, {"input", "one"}, {"encoding_format", "base64"}});
  EXPECT_EQ(packed.at("data")[0].at("embedding").get<std::string>().size(), 172U);
  EXPECT_EQ(post("/v1/embeddings", {{"model", "tiny"}, {"input", ""}}).status, 400);
}

TEST_F(ServiceTest, OriginsHaveToBeAllowed) {
  start({.allow_origins = {"https://page.example"}});
  const http::TestReply allowed = send("OPTIONS", "/v1/chat/completions", "", "Origin: https://page.example\r\n");
  EXPECT_EQ(allowed.status, 204);
  EXPECT_EQ(allowed.headers.at("access-control-allow-origin"), "https://page.example");
  EXPECT_FALSE(send("OPTIONS", "/v1/chat/completions", "", "Origin: https://other.example\r\n")
                   .headers.contains("access-control-allow-origin"));
  EXPECT_TRUE(send("GET", "/v1/models", "", "Origin: https://page.example\r\n")
                  .headers.contains("access-control-allow-origin"));
}

TEST_F(ServiceTest, PageHealthAndFigures) {
  start();
  EXPECT_NE(send("GET", "/").body.find("/openapi.json"), std::string::npos);
  EXPECT_EQ(Json::parse(send("GET", "/health").body).at("status"), "ok");
  (void)ask("/v1/completions", {{"model", "tiny"}, {"prompt", "a"}, {"max_tokens", 3}, {"temperature", 0}});
  const http::TestReply figures = send("GET", "/metrics");
  EXPECT_TRUE(figures.headers.at("content-type").starts_with("text/plain"));
  for (const char* part : {"persea_http_requests_total{endpoint=\"/v1/completions\",status=\"200\"} 1",
                           "persea_written_tokens_total{model=\"tiny\"} 3", "persea_first_token_seconds_bucket",
                           "persea_requests_waiting{model=\"chatml\"} 0", "persea_http_connections ",
                           "persea_draft_tokens_accepted_total{model=\"tiny\"} 0",
                           "persea_records_total{record=\"dropped\"} 0", "persea_records_waiting_bytes"}) {
    EXPECT_NE(figures.body.find(part), std::string::npos) << part << "\n" << figures.body;
  }
  EXPECT_EQ(figures.body.find("persea_http_connections 0\n"), std::string::npos) << "this one is open";
}

// Every route is described, every described field is read, and of the described type only.
TEST_F(ServiceTest, TheDescriptionIsTrue) {
  start({.feedback = true});
  const Json description = Json::parse(send("GET", "/openapi.json").body);
  EXPECT_EQ(description.at("openapi"), "3.1.0");
  size_t operations = 0;
  for (const auto& [path, methods] : description.at("paths").items()) {
    for (const auto& [method, operation] : methods.items()) {
      ++operations;
      if (!operation.contains("requestBody")) continue;
      const Json& schema = operation.at("requestBody").at("content").at("application/json").at("schema");
      for (const auto& [name, property] : schema.at("properties").items()) {
        SCOPED_TRACE(path + " " + name);
        // A body of what is needed, and this field as something that it cannot be.
        Json body = {{"model", "tiny"}};
        for (const Json& needed : schema.value("required", Json::array())) {
          if (needed == "messages") body["messages"] = says("x");
          if (needed == "prompt" || needed == "input") body[needed.get<std::string>()] = "x";
          if (needed == "tokens") body["tokens"] = {1};
          if (needed == "id") body["id"] = "x";
        }
        if (name == "stream_options") body["stream"] = true;
        const Json& types = property.at("type");
        const auto takes = [&](const char* type) {
          return types.is_string() ? types == type : std::find(types.begin(), types.end(), type) != types.end();
        };
        body[name] = !takes("object") ? Json{{"wrong", {{"deep", 1}}}} : Json(3.5);
        const http::TestReply reply = post(path, body);
        EXPECT_EQ(reply.status, 400) << reply.body;
        const Json param = Json::parse(reply.body).at("error").at("param");
        ASSERT_TRUE(param.is_string()) << reply.body;
        EXPECT_TRUE(param.get<std::string>().starts_with(name)) << reply.body;
        for (const Json& word : property.value("enum", Json::array())) {
          if (!word.is_string()) continue;
          body[name] = word;
          EXPECT_EQ(post(path, body).body.find("must be one of"), std::string::npos) << word;
        }
      }
    }
  }
  EXPECT_EQ(operations, service_routes().size());
  // What is not described is ignored.
  EXPECT_EQ(
      post("/v1/completions", {{"model", "tiny"}, {"prompt", "x"}, {"max_tokens", 1}, {"no_such_field", 1}}).status,
      200);
}

}  // namespace
}  // namespace persea
