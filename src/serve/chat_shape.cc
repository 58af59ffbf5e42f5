// chat.completion and chat.completion.chunk.
#include <set>

#include "serve/reply_shape.h"

namespace persea {
namespace {

class ChatShape : public ReplyShape {
 public:
  explicit ChatShape(ReplyFacts facts) : facts_(std::move(facts)) {}

  std::string id() const override { return "chatcmpl-" + facts_.id; }
  void begin(std::string&) override {}

  void piece(size_t choice, const AnswerPiece& piece, std::string& out) override {
    introduce(choice, out);
    if (!piece.text.empty() || !piece.tokens.empty()) {
      Json body = {{"index", choice}, {"delta", {{"content", piece.text}}}, {"finish_reason", nullptr}};
      body["logprobs"] = facts_.logprobs ? logprobs(piece.tokens) : Json();
      chunk(std::move(body), out);
    }
    for (const ToolCall& call : piece.calls) {
      Json one = call_json(call);
      one["index"] = calls_[choice]++;
      chunk({{"index", choice},
             {"delta", {{"tool_calls", Json::array({std::move(one)})}}},
             {"logprobs", nullptr},
             {"finish_reason", nullptr}},
            out);
    }
  }

  void end(size_t choice, std::string_view finish, std::string& out) override {
    introduce(choice, out);
    chunk({{"index", choice}, {"delta", Json::object()}, {"logprobs", nullptr}, {"finish_reason", finish}}, out);
  }

  void done(const TokenUsage& usage, std::string& out) override {
    if (facts_.stream_usage) {
      Json last = head("chat.completion.chunk");
      last["choices"] = Json::array();
      last["usage"] = usage_json(usage);
      out += http::server_sent_event(canonical_json(last));
    }
    out += http::server_sent_event("[DONE]");
  }

  Json whole(const std::vector<Answer>& answers, const TokenUsage& usage) override {
    Json reply = head("chat.completion");
    reply["choices"] = Json::array();
    for (size_t i = 0; i < answers.size(); ++i) {
      const Answer& answer = answers[i];
      Json message = {{"role", "assistant"}, {"refusal", nullptr}, {"annotations", Json::array()}};
      message["content"] = answer.text.empty() && !answer.calls.empty() ? Json() : Json(answer.text);
      for (const ToolCall& call : answer.calls) message["tool_calls"].push_back(call_json(call));
      reply["choices"].push_back({{"index", i},
                                  {"message", std::move(message)},
                                  {"logprobs", facts_.logprobs ? logprobs(answer.tokens) : Json()},
                                  {"finish_reason", answer.finish}});
    }
    reply["usage"] = usage_json(usage);
    return reply;
  }

 private:
  static Json call_json(const ToolCall& call) {
    return {{"id", call.id}, {"type", "function"}, {"function", {{"name", call.name}, {"arguments", call.arguments}}}};
  }

  Json head(const char* object) const {
    return {{"id", id()},
            {"object", object},
            {"created", facts_.created},
            {"model", facts_.model},
            {"system_fingerprint", facts_.fingerprint},
            {"service_tier", "default"}};
  }

  void chunk(Json choice, std::string& out) const {
    Json chunk = head("chat.completion.chunk");
    chunk["choices"] = Json::array({std::move(choice)});
    if (facts_.stream_usage) chunk["usage"] = nullptr;
    out += http::server_sent_event(canonical_json(chunk));
  }

  // The first chunk of a choice says whose voice it is.
  void introduce(size_t choice, std::string& out) {
    if (!introduced_.insert(choice).second) return;
    if (calls_.size() <= choice) calls_.resize(choice + 1);
    chunk({{"index", choice},
           {"delta", {{"role", "assistant"}, {"content", ""}, {"refusal", nullptr}}},
           {"logprobs", nullptr},
           {"finish_reason", nullptr}},
          out);
  }

  Json one_token(int32_t token, float logprob) const {
    return {{"token", token_text(facts_.tokenizer, token)},
            {"logprob", logprob},
            {"bytes", token_bytes_json(facts_.tokenizer, token)}};
  }

  Json logprobs(const std::vector<TokenFacts>& tokens) const {
    Json content = Json::array();
    for (const TokenFacts& facts : tokens) {
      Json entry = one_token(facts.token, facts.logprob);
      entry["top_logprobs"] = Json::array();
      for (const auto& [token, logprob] : facts.likeliest) entry["top_logprobs"].push_back(one_token(token, logprob));
      content.push_back(std::move(entry));
    }
    return {{"content", std::move(content)}, {"refusal", nullptr}};
  }

  const ReplyFacts facts_;
  std::set<size_t> introduced_;
  std::vector<int> calls_;
};

}  // namespace

void ReplyShape::failed(const http::ApiError& error, std::string& out) {
  out += http::server_sent_event(http::error_response(error).body);
}

Json usage_json(const TokenUsage& usage) {
  return {{"prompt_tokens", usage.prompt},
          {"completion_tokens", usage.written},
          {"total_tokens", usage.prompt + usage.written},
          {"prompt_tokens_details", {{"cached_tokens", usage.cached}}},
          {"completion_tokens_details", {{"reasoning_tokens", 0}}}};
}

std::unique_ptr<ReplyShape> chat_shape(ReplyFacts facts) { return std::make_unique<ChatShape>(std::move(facts)); }

}  // namespace persea
