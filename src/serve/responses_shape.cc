// The response object of /v1/responses and the events that build it up: each item of the output is opened, filled and
// closed before the next.
#include "serve/reply_shape.h"

namespace persea {
namespace {

class ResponsesShape : public ReplyShape {
 public:
  ResponsesShape(ReplyFacts facts, Json echo) : facts_(std::move(facts)), echo_(std::move(echo)) {}

  std::string id() const override { return "resp_" + facts_.id; }

  void begin(std::string& out) override {
    event("response.created", {{"response", response("in_progress", nullptr)}}, out);
    event("response.in_progress", {{"response", response("in_progress", nullptr)}}, out);
  }

  void piece(size_t, const AnswerPiece& piece, std::string& out) override {
    if (!piece.text.empty()) {
      open_message(out);
      text_ += piece.text;
      event("response.output_text.delta", at_part({{"delta", piece.text}, {"logprobs", Json::array()}}), out);
    }
    for (const ToolCall& call : piece.calls) {
      close_message(out);
      Json item = call_item(call, "in_progress");
      const std::string item_id = item.at("id");
      item["arguments"] = "";
      event("response.output_item.added", {{"output_index", output_.size()}, {"item", item}}, out);
      const Json place = {{"item_id", item_id}, {"output_index", output_.size()}};
      Json delta = place, whole = place;
      delta["delta"] = call.arguments;
      whole["arguments"] = call.arguments;
      whole["name"] = call.name;
      event("response.function_call_arguments.delta", std::move(delta), out);
      event("response.function_call_arguments.done", std::move(whole), out);
      close_item(call_item(call, "completed"), out);
    }
  }

  void end(size_t, std::string_view finish, std::string& out) override {
    if (output_.empty()) open_message(out);  // a reply has an item, if an empty one
    finish_ = finish;
    close_message(out);
  }

  void done(const TokenUsage& usage, std::string& out) override {
    const std::string status = status_of(finish_);
    event("response." + status, {{"response", response(status, usage_of(usage))}}, out);
  }

  void failed(const http::ApiError& error, std::string& out) override {
    Json failed = response("failed", nullptr);
    failed["error"] = {{"code", error.code.empty() ? "server_error" : error.code}, {"message", error.message}};
    event("response.failed", {{"response", std::move(failed)}}, out);
  }

  Json whole(const std::vector<Answer>& answers, const TokenUsage& usage) override {
    const Answer& answer = answers.at(0);
    finish_ = answer.finish;
    if (!answer.text.empty() || answer.calls.empty()) output_.push_back(message_item(answer.text, status_of(finish_)));
    for (const ToolCall& call : answer.calls) output_.push_back(call_item(call, "completed"));
    return response(status_of(finish_), usage_of(usage));
  }

 private:
  static std::string status_of(std::string_view finish) { return finish == "length" ? "incomplete" : "completed"; }

  static Json usage_of(const TokenUsage& usage) {
    return {{"input_tokens", usage.prompt},
            {"input_tokens_details", {{"cached_tokens", usage.cached}}},
            {"output_tokens", usage.written},
            {"output_tokens_details", {{"reasoning_tokens", 0}}},
            {"total_tokens", usage.prompt + usage.written}};
  }

  static Json text_part(const std::string& text) {
    return {{"type", "output_text"}, {"text", text}, {"annotations", Json::array()}, {"logprobs", Json::array()}};
  }

  std::string message_id() const { return fmt::format("msg_{}_{}", facts_.id, output_.size()); }

  Json message_item(const std::string& text, const std::string& status) const {
    return {{"type", "message"},
            {"id", message_id()},
            {"status", status},
            {"role", "assistant"},
            {"content", Json::array({text_part(text)})}};
  }

  Json call_item(const ToolCall& call, const char* status) const {
    return {{"type", "function_call"},     {"id", fmt::format("fc_{}_{}", facts_.id, output_.size())},
            {"call_id", call.id},          {"name", call.name},
            {"arguments", call.arguments}, {"status", status}};
  }

  Json response(const std::string& status, Json usage) const {
    Json body = echo_;
    body["id"] = id();
    body["object"] = "response";
    body["created_at"] = facts_.created;
    body["status"] = status;
    body["model"] = facts_.model;
    body["output"] = output_;
    body["error"] = nullptr;
    body["incomplete_details"] = status == "incomplete" ? Json{{"reason", "max_output_tokens"}} : Json();
    body["previous_response_id"] = nullptr;
    body["reasoning"] = {{"effort", nullptr}, {"summary", nullptr}};
    body["truncation"] = "disabled";
    body["usage"] = std::move(usage);
    return body;
  }

  void event(const std::string& type, Json body, std::string& out) {
    body["type"] = type;
    body["sequence_number"] = sequence_++;
    out += http::server_sent_event(canonical_json(body), type);
  }

  Json at_part(Json body) const {
    body["item_id"] = message_id();
    body["output_index"] = output_.size();
    body["content_index"] = 0;
    return body;
  }

  void open_message(std::string& out) {
    if (open_) return;
    open_ = true;
    Json item = message_item("", "in_progress");
    item["content"] = Json::array();
    event("response.output_item.added", {{"output_index", output_.size()}, {"item", std::move(item)}}, out);
    event("response.content_part.added", at_part({{"part", text_part("")}}), out);
  }

  void close_message(std::string& out) {
    if (!open_) return;
    open_ = false;
    event("response.output_text.done", at_part({{"text", text_}, {"logprobs", Json::array()}}), out);
    event("response.content_part.done", at_part({{"part", text_part(text_)}}), out);
    close_item(message_item(text_, status_of(finish_)), out);
    text_.clear();
  }

  void close_item(Json item, std::string& out) {
    event("response.output_item.done", {{"output_index", output_.size()}, {"item", item}}, out);
    output_.push_back(std::move(item));
  }

  const ReplyFacts facts_;
  const Json echo_;
  Json output_ = Json::array();
  std::string text_, finish_;
  bool open_ = false;
  int64_t sequence_ = 0;
};

}  // namespace

std::unique_ptr<ReplyShape> responses_shape(ReplyFacts facts, Json echo) {
  return std::make_unique<ResponsesShape>(std::move(facts), std::move(echo));
}

}  // namespace persea
