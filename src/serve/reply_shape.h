// What the APIs make of the same answers: a shape turns pieces of text, tokens and calls into the events of a stream,
// or whole answers into one document. It knows no scheduler and no socket.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "http/message.h"
#include "serve/choice_text.h"
#include "serve/requests.h"

namespace persea {

struct AnswerPiece {
  std::string text = {};
  std::vector<TokenFacts> tokens = {};
  std::vector<ToolCall> calls = {};
};

struct Answer : AnswerPiece {
  std::string finish = {};  // "stop", "length", "tool_calls"
};

struct TokenUsage {
  int64_t prompt = 0, cached = 0, written = 0;
};

// What every shape has to say of the reply.
struct ReplyFacts {
  std::string id = {};  // without a prefix
  std::string model = {}, fingerprint = {};
  int64_t created = 0;  // seconds since 1970
  Tokenizer tokenizer;
  bool logprobs = false, stream_usage = false;
};

class ReplyShape {
 public:
  virtual ~ReplyShape() = default;
  // The id under which the client knows the reply.
  virtual std::string id() const = 0;
  // Events are appended to `out`. begin() comes first, piece() and end() for each choice (from 0 on), done() last.
  virtual void begin(std::string& out) = 0;
  virtual void piece(size_t choice, const AnswerPiece& piece, std::string& out) = 0;
  virtual void end(size_t choice, std::string_view finish, std::string& out) = 0;
  virtual void done(const TokenUsage& usage, std::string& out) = 0;
  // Instead of done(), where something went wrong on the way.
  virtual void failed(const http::ApiError& error, std::string& out);
  virtual Json whole(const std::vector<Answer>& answers, const TokenUsage& usage) = 0;
};

std::unique_ptr<ReplyShape> chat_shape(ReplyFacts facts);
// `echoed`: for each prompt what is told before the texts of its `choices` answers; or nothing.
std::unique_ptr<ReplyShape> completion_shape(ReplyFacts facts, std::vector<std::string> echoed, size_t choices);
std::unique_ptr<ReplyShape> responses_shape(ReplyFacts facts, Json echo);

// {"prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details": {"cached_tokens"}, ...}
Json usage_json(const TokenUsage& usage);

}  // namespace persea
