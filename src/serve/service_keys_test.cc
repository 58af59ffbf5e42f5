// Who is let in and how much at once, and what is remembered of it.
#include "serve/service_for_test.h"

namespace persea {
namespace {

class ServiceKeysTest : public ServiceTest {};

TEST_F(ServiceKeysTest, KeysOpenWhatTheirScopesSay) {
  start({.require_key = true});
  const auto key = keys_.add({.name = "a", .user = "ann", .scopes = {"generate"}, .tokens_per_minute = 15});
  const std::string header = "Authorization: Bearer " + key->key + "\r\n";
  const Json request = {{"model", "tiny"}, {"messages", says("Hello")}, {"max_tokens", 20}};
  const http::TestReply none = post("/v1/chat/completions", request);
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(none.headers.at("www-authenticate"), "Bearer");
  EXPECT_EQ(post("/v1/chat/completions", request, "Authorization: Bearer psk_0_0\r\n").status, 401);
  EXPECT_EQ(post("/v1/chat/completions", request, header).status, 200);
  EXPECT_EQ(post("/v1/embeddings", {{"model", "tiny"}, {"input", "x"}}, header).status, 403);
  EXPECT_EQ(send("GET", "/metrics", "", header).status, 403);
  EXPECT_EQ(send("GET", "/health").status, 200);
  EXPECT_EQ(send("GET", "/v1/models").status, 401);
  EXPECT_EQ(send("GET", "/v1/models", "", header).status, 200);
  // 12 of the 15 tokens are gone, and those that were written.
  const http::TestReply busy = post("/v1/chat/completions", request, header);
  EXPECT_EQ(busy.status, 429);
  EXPECT_GE(std::stoi(busy.headers.at("retry-after")), 1);
  service_->finish();
  ASSERT_TRUE(keys_.revoke(key->id).ok());
  EXPECT_EQ(send("GET", "/v1/models", "", header).status, 401);
}

TEST_F(ServiceKeysTest, RepliesAreTracedAndForgotten) {
  start({.feedback = true});
  const Json reply =
      ask("/v1/chat/completions",
          {{"model", "tiny"}, {"messages", says("marmalade")}, {"max_tokens", 4}, {"store", true}, {"user", "eve"}});
  const std::string id = reply.at("id");
  const Json trace = Json::parse(send("GET", "/trace/" + id).body);
  EXPECT_EQ(trace.at("model"), "tiny");
  EXPECT_EQ(trace.at("artifact"), "model-0123456789");
  EXPECT_EQ(trace.at("digest"), std::string(64, 'a'));
  EXPECT_EQ(send("GET", "/trace/chatcmpl-0").status, 404);
  EXPECT_EQ(post("/feedback", {{"id", id}, {"rating", "up"}, {"edit", "Better."}}).status, 200);
  EXPECT_EQ(post("/feedback", {{"id", id}}).status, 400);
  EXPECT_EQ(post("/feedback", {{"id", "chatcmpl-0"}, {"rating", "up"}}).status, 404);
  const auto facts = replies_.preferences();
  ASSERT_EQ(facts->size(), 1U);
  EXPECT_NE(facts->at(0).request->find("marmalade"), std::string::npos);
  const Json deleted = Json::parse(send("DELETE", "/my-data?user=eve").body);
  EXPECT_EQ(deleted.at("replies"), 1);
  EXPECT_EQ(send("GET", "/trace/" + id).status, 404);
}

TEST_F(ServiceKeysTest, ContentIsKeptOnlyWhereItWasAskedFor) {
  start();
  const Json reply =
      ask("/v1/completions", {{"model", "tiny"}, {"prompt", "marmalade"}, {"max_tokens", 4}, {"store", true}});
  service_->finish();
  const auto record = replies_.find(reply.at("id").get<std::string>());
  ASSERT_TRUE(record.ok() && *record);
  EXPECT_FALSE((*record)->request.has_value());
  EXPECT_EQ((*record)->request_sha256.size(), 64U);
  EXPECT_EQ(post("/feedback", {{"id", reply.at("id")}, {"rating", "up"}}).status, 404) << "feedback is off";
}

TEST_F(ServiceKeysTest, AFullQueueSaysWhenToComeBack) {
  start({}, {.sequences = 1, .waiting = 1});
  std::vector<std::unique_ptr<http::TestClient>> clients;
  const std::string slow =
      Json{{"model", "tiny"}, {"prompt", "a"}, {"max_tokens", 250}, {"n", 1}, {"logit_bias", {{"0", -100}}}}.dump();
  int busy = 0;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(std::make_unique<http::TestClient>(server_->port()));
    clients.back()->send(request("POST", "/v1/completions", slow));
  }
  for (const auto& client : clients) {
    const http::TestReply reply = client->reply();
    EXPECT_TRUE(reply.status == 200 || reply.status == 429) << reply.status;
    if (reply.status != 429) continue;
    ++busy;
    EXPECT_GE(std::stoi(reply.headers.at("retry-after")), 1);
  }
  EXPECT_GT(busy, 0);
}

// Its texts wait in it, not in everybody's queue.
TEST_F(ServiceKeysTest, ARequestOfManyTextsWaitsAsOne) {
  start({}, {.sequences = 2, .waiting = 1});
  Json inputs = Json::array();
  for (int i = 0; i < 1000; ++i) inputs.push_back(fmt::format("text {}", i));
  const Json vectors = ask("/v1/embeddings", {{"model", "tiny"}, {"input", inputs}});
  ASSERT_EQ(vectors.at("data").size(), 1000U);
  EXPECT_EQ(vectors.at("data")[999].at("embedding").size(), 32U);
  EXPECT_EQ(vectors.at("usage").at("prompt_tokens"), 10 * 6 + 90 * 7 + 900 * 8);
  const Json request = {{"model", "tiny"}, {"prompt", {"a", "b"}}, {"n", 64}, {"max_tokens", 2}, {"seed", 1}};
  const Json choices = ask("/v1/completions", request).at("choices");
  ASSERT_EQ(choices.size(), 128U);
  for (size_t i = 0; i < choices.size(); ++i) EXPECT_EQ(choices[i].at("index"), i);
}

// What a key may use is kept for a request before it is used.
TEST_F(ServiceKeysTest, ManyAtOnceUseNoMoreThanTheKeyHas) {
  start({.require_key = true, .written_price = 1e6});
  const std::string minute =
      "Authorization: Bearer " + keys_.add({.name = "a", .user = "a", .tokens_per_minute = 200})->key + "\r\n";
  const std::string money =
      "Authorization: Bearer " + keys_.add({.name = "b", .user = "b", .spend = 100})->key + "\r\n";
  const std::string body =
      Json{{"model", "tiny"}, {"prompt", "ab"}, {"max_tokens", 40}, {"logit_bias", {{"0", -100}}}}.dump();
  for (const std::string& header : {minute, money}) {
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::unique_ptr<http::TestClient>> clients;
    for (int i = 0; i < 12; ++i) {
      clients.push_back(std::make_unique<http::TestClient>(server_->port()));
      clients.back()->send(request("POST", "/v1/completions", body, header));
    }
    int64_t answered = 0;
    for (const auto& client : clients) {
      const http::TestReply reply = client->reply();
      EXPECT_TRUE(reply.status == 200 || reply.status == 429) << reply.status;
      if (reply.status == 200) ++answered;
    }
    const double minutes = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() / 60;
    EXPECT_GE(answered, 2);
    if (header == money) {
      EXPECT_EQ(answered, 2) << "40 each of 100";
    } else {
      EXPECT_LE(static_cast<double>(answered * 43), 200 * (1 + minutes) + 1) << "43 each";
    }
  }
  service_->finish();
  const auto keys = keys_.list();
  ASSERT_TRUE(keys);
  for (const ApiKey& key : *keys) {
    EXPECT_TRUE(key.name != "b" || key.spent == 80) << key.spent;
  }
}

TEST_F(ServiceKeysTest, TheRecordTellsAClientThatWentFromAnError) {
  start();
  const std::string endless =
      R"({"model": "tiny", "prompt": "a", "n": 64, "stream": true, "logit_bias": {"0": -100}, "max_tokens": 900})";
  {
    http::TestClient client(server_->port());
    client.send(request("POST", "/v1/completions", endless));
    client.read_until("data: ");
    client.reset();
  }
  const http::TestReply late = send("POST", "/v1/completions", endless, "X-Timeout-Seconds: 0.05\r\n");
  EXPECT_NE(late.body.find("deadline_exceeded"), std::string::npos);
  Json inputs = Json::array();
  for (int i = 0; i < 300; ++i) inputs.push_back(std::string(1000, 'x'));
  const http::TestReply vectors =
      send("POST", "/v1/embeddings", Json{{"model", "tiny"}, {"input", inputs}}.dump(), "X-Timeout-Seconds: 0.02\r\n");
  EXPECT_EQ(vectors.status, 504) << vectors.body;
  (void)ask("/v1/completions", {{"model", "tiny"}, {"prompt", "a"}, {"max_tokens", 2}});
  service_->finish();
  const auto rows = store_.reply_database->query<std::string, int64_t, std::string>(
      "select endpoint, status, error from reply order by endpoint, status");
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  using Row = std::tuple<std::string, int64_t, std::string>;
  EXPECT_EQ(*rows, (std::vector<Row>{{"/v1/completions", 200, ""},
                                     {"/v1/completions", 499, "client_gone"},
                                     {"/v1/completions", 504, "deadline_exceeded"},
                                     {"/v1/embeddings", 504, "deadline_exceeded"}}));
}

TEST_F(ServiceKeysTest, AClientThatGoesTakesItsRequestAlong) {
  start();
  {
    http::TestClient client(server_->port());
    client.send(request("POST", "/v1/completions",
                        R"({"model": "tiny", "prompt": "a", "max_tokens": 200, "n": 64, "stream": true})"));
    client.read_until("data: ");
    client.reset();
  }
  service_->finish();  // returns as soon as nothing runs
  const std::string figures = [&] { return send("GET", "/metrics").body; }();
  EXPECT_NE(figures.find("persea_generations_total{model=\"tiny\",end=\"cancelled\"}"), std::string::npos) << figures;
  EXPECT_EQ(figures.find("persea_generations_total{model=\"tiny\",end=\"cancelled\"} 0"), std::string::npos);
}

}  // namespace
}  // namespace persea
