// What the tests of the service share: tiny random models that write nonsense, and a server with them on a free port.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "http/client_for_test.h"
#include "http/server.h"
#include "ledger/scratch_for_test.h"
#include "serve/service.h"
#include "text/bpe_train.h"

namespace persea {

// Bytes as tokens, one layer, and weights large enough for varied text. `tokens`: its control tokens.
inline TextModel tiny_text_model(const std::vector<std::string>& tokens, int64_t context = 1024) {
  Tokenizer tokenizer = byte_tokenizer(tokens);
  ModelConfig config;
  config.vocab = tokenizer.vocab_size(), config.dim = 32, config.layers = 1, config.heads = 2, config.kv_heads = 1;
  config.head_dim = 16, config.hidden = 32, config.context = context, config.tied = false;
  auto model = std::make_unique<Model>(config, 4);
  for (Parameter* parameter : model->parameters())
    if (parameter->decay)
      for (float& value : parameter->value.span()) value *= 12;
  const TokenRoles roles{tokenizer.special(tokens.at(0)), {*tokenizer.special(tokens.at(0))}};
  ChatForm form = lab_chat_form(tokenizer);
  return {std::move(model), std::move(tokenizer), roles, std::move(form)};
}

inline std::unique_ptr<ServedModel> tiny_model(const std::string& name, TextModel text, SchedulerOptions options = {}) {
  auto chat = ChatPrompt::create(text, name);
  EXPECT_TRUE(chat.ok()) << chat.error().message;
  DecoderWeights weights = DecoderWeights::of(*text.model, text.weights);
  return std::make_unique<ServedModel>(ModelSource{.name = name, .artifact = "model-0123456789"}, std::move(text),
                                       std::move(weights), std::move(*chat), std::string(64, 'a'),
                                       ServingOptions{.scheduling = std::move(options)});
}

// A model from elsewhere: ChatML with tools as Qwen has them.
inline TextModel chatml_text_model() {
  TextModel text = tiny_text_model({"<|im_end|>", "<|im_start|>"});
  text.chat.tokens = {{"eos_token", "<|im_end|>"}};
  text.chat.templates = {{"default",
                          "{% if tools %}<|im_start|>system\n<tools>{% for t in tools %}{{ t | tojson }}{% endfor %}"
                          "</tools> <tool_call><|im_end|>\n{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n"
                          "{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.arguments | tojson }}"
                          "{% endfor %}<|im_end|>\n{% endfor %}<|im_start|>assistant{{ '\n' }}"}};
  return text;
}

class ServiceTest : public testing::Test {
 protected:
  ~ServiceTest() override {
    if (server_) server_->stop(10);
    server_.reset();
    service_.reset();
  }

  // The models "tiny" (the lab's own kind) and "chatml".
  void start(ServiceOptions options = {}, SchedulerOptions scheduling = {}) {
    std::vector<std::unique_ptr<ServedModel>> models;
    models.push_back(tiny_model("tiny", tiny_text_model(chat_special_tokens()), scheduling));
    models.push_back(tiny_model("chatml", chatml_text_model(), scheduling));
    service_ = std::make_unique<Service>(std::move(options), std::move(models), store_);
    http::ServerOptions http;
    http.on_connections = [this](size_t count) { service_->connections(count); };
    http.access_log = [this](const http::Access& access) { service_->count(access); };
    auto server = http::Server::start(std::move(http), service_->router());
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_.emplace(std::move(*server));
  }

  http::TestReply send(std::string_view method, std::string_view path, std::string_view body = {},
                       std::string_view headers = {}) {
    http::TestClient client(server_->port());
    client.send(request(method, path, body, headers));
    return client.reply(method == "HEAD");
  }
  static std::string request(std::string_view method, std::string_view path, std::string_view body,
                             std::string_view headers = {}) {
    const std::string type = body.empty() ? "" : "Content-Type: application/json\r\n";
    return fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n{}{}Content-Length: {}\r\n\r\n{}", method, path, type,
                       headers, body.size(), body);
  }
  http::TestReply post(std::string_view path, const Json& body, std::string_view headers = {}) {
    return send("POST", path, body.dump(), headers);
  }
  // The body of a reply that has to be 200.
  Json ask(std::string_view path, const Json& body, std::string_view headers = {}) {
    const http::TestReply reply = post(path, body, headers);
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_TRUE(reply.whole);
    return Json::parse(reply.body, nullptr, false);
  }
  // The data of a stream's events.
  std::vector<std::string> events(std::string_view path, const Json& body) {
    const http::TestReply reply = post(path, body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_TRUE(reply.whole);
    EXPECT_TRUE(reply.headers.at("content-type").starts_with("text/event-stream"));
    std::vector<std::string> all;
    for (size_t at = 0; (at = reply.body.find("data: ", at)) != std::string::npos;) {
      const size_t end = reply.body.find('\n', at);
      all.push_back(reply.body.substr(at + 6, end - at - 6));
      at = end;
    }
    return all;
  }
  static Json says(std::string_view text) { return Json::array({{{"role", "user"}, {"content", text}}}); }

  const TempDir scratch_ = test_scratch();
  ServiceStore store_ = *ServiceStore::open(scratch_.path());
  ReplyStore& replies_ = store_.replies;
  KeyStore& keys_ = store_.keys;
  std::unique_ptr<Service> service_;
  std::optional<http::Server> server_;
};

}  // namespace persea
