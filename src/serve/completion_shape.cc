// text_completion, whole and in chunks of the same form.
#include "serve/reply_shape.h"
#include "text/unicode.h"

namespace persea {
namespace {

class CompletionShape : public ReplyShape {
 public:
  CompletionShape(ReplyFacts facts, std::vector<std::string> echoed, size_t choices)
      : facts_(std::move(facts)), echoed_(std::move(echoed)), choices_(choices) {
    for (const std::string& text : echoed_)
      echoed_characters_.push_back(count_characters(unicode::to_valid_utf8(text)));
  }

  std::string id() const override { return "cmpl-" + facts_.id; }

  void begin(std::string& out) override {
    for (size_t i = 0; i < echoed_.size() * choices_; ++i) {
      if (!prefix(i).empty()) chunk(choice(i, prefix(i), {}, nullptr), out);
    }
  }

  void piece(size_t index, const AnswerPiece& piece, std::string& out) override {
    chunk(choice(index, piece.text, piece.tokens, nullptr), out);
  }

  void end(size_t index, std::string_view finish, std::string& out) override {
    chunk(choice(index, "", {}, finish), out);
  }

  void done(const TokenUsage& usage, std::string& out) override {
    if (facts_.stream_usage) {
      Json last = head();
      last["choices"] = Json::array();
      last["usage"] = usage_json(usage);
      out += http::server_sent_event(canonical_json(last));
    }
    out += http::server_sent_event("[DONE]");
  }

  Json whole(const std::vector<Answer>& answers, const TokenUsage& usage) override {
    Json reply = head();
    reply["choices"] = Json::array();
    for (size_t i = 0; i < answers.size(); ++i) {
      reply["choices"].push_back(choice(i, prefix(i) + answers[i].text, answers[i].tokens, answers[i].finish));
    }
    reply["usage"] = usage_json(usage);
    return reply;
  }

 private:
  const std::string& prefix(size_t i) const {
    static const std::string kNone;
    return i / choices_ < echoed_.size() ? echoed_[i / choices_] : kNone;
  }

  // This API names tokens by their text; one that is a part of a character by its bytes, as in bytes:\xe2\x82, since
  // all of these would look the same.
  std::string name_of(int32_t token) const {
    const std::string_view bytes = facts_.tokenizer.token_bytes(token);
    std::string text = token_text(facts_.tokenizer, token);
    if (text == bytes) return text;
    text = "bytes:";
    for (const unsigned char byte : bytes) text += fmt::format("\\x{:02x}", byte);
    return text;
  }

  Json head() const {
    return {{"id", id()},
            {"object", "text_completion"},
            {"created", facts_.created},
            {"model", facts_.model},
            {"system_fingerprint", facts_.fingerprint}};
  }

  Json choice(size_t index, const std::string& text, const std::vector<TokenFacts>& tokens, Json finish) const {
    Json body = {{"index", index}, {"text", text}, {"finish_reason", std::move(finish)}, {"logprobs", nullptr}};
    if (!facts_.logprobs) return body;
    Json logprobs = {{"tokens", Json::array()},
                     {"token_logprobs", Json::array()},
                     {"top_logprobs", Json::array()},
                     {"text_offset", Json::array()}};
    for (const TokenFacts& facts : tokens) {
      logprobs["tokens"].push_back(name_of(facts.token));
      logprobs["token_logprobs"].push_back(facts.logprob);
      Json top = Json::object();
      for (const auto& [token, logprob] : facts.likeliest) {
        std::string name = name_of(token);
        if (top.contains(name)) name = fmt::format("token_id:{}", token);  // the likelier has the name
        top[name] = logprob;
      }
      logprobs["top_logprobs"].push_back(std::move(top));
      const size_t prompt = index / choices_;
      const size_t before = prompt < echoed_characters_.size() ? echoed_characters_[prompt] : 0;
      logprobs["text_offset"].push_back(before + facts.characters);
    }
    body["logprobs"] = std::move(logprobs);
    return body;
  }

  void chunk(Json choice, std::string& out) const {
    Json chunk = head();
    chunk["choices"] = Json::array({std::move(choice)});
    if (facts_.stream_usage) chunk["usage"] = nullptr;
    out += http::server_sent_event(canonical_json(chunk));
  }

  const ReplyFacts facts_;
  const std::vector<std::string> echoed_;
  std::vector<size_t> echoed_characters_;
  const size_t choices_;
};

}  // namespace

std::unique_ptr<ReplyShape> completion_shape(ReplyFacts facts, std::vector<std::string> echoed, size_t choices) {
  return std::make_unique<CompletionShape>(std::move(facts), std::move(echoed), choices);
}

}  // namespace persea
