// The bodies of POST /v1/chat/completions, /v1/completions, /v1/embeddings and /v1/responses as values. Each parser
// takes any bytes and gives the request, or the refusal that the client gets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "serve/conversation.h"
#include "serve/writing_options.h"

namespace persea {

// A T, or why not.
template <class T>
using Parsed = std::variant<T, ApiError>;

struct ChatRequest {
  std::string model = {};
  Conversation conversation = {};
  TextFormat format = {};
  WritingOptions options = {};
};
Parsed<ChatRequest> parse_chat_request(std::string_view body);

// A text, or the ids of tokens.
using PromptInput = std::variant<std::string, std::vector<int32_t>>;

struct CompletionRequest {
  std::string model = {};
  std::vector<PromptInput> prompts = {};
  TextFormat format = {};
  WritingOptions options = {};
  bool echo = false;
};
Parsed<CompletionRequest> parse_completion_request(std::string_view body);

struct EmbeddingsRequest {
  std::string model = {};
  std::vector<PromptInput> inputs = {};
  bool base64 = false;
  std::string user = {};
};
Parsed<EmbeddingsRequest> parse_embeddings_request(std::string_view body);

// /v1/responses: the same as a chat in other words.
struct ResponsesRequest {
  std::string model = {};
  Conversation conversation = {};
  TextFormat format = {};
  WritingOptions options = {};
  Json echo = Json::object();  // what the response repeats of the request
};
Parsed<ResponsesRequest> parse_responses_request(std::string_view body);

struct TokenizeRequest {
  std::string model = {};
  std::string text = {};
  std::optional<Conversation> conversation = {};  // instead of a text: as a chat would have it
  bool add_special = true;
};
Parsed<TokenizeRequest> parse_tokenize_request(std::string_view body);

struct DetokenizeRequest {
  std::string model = {};
  std::vector<int32_t> tokens = {};
};
Parsed<DetokenizeRequest> parse_detokenize_request(std::string_view body);

}  // namespace persea
