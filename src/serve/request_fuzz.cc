// The bodies of requests: whatever the bytes, each parser gives a request within its limits or a refusal of one line
// that is a client's fault.
#include <cstdint>
#include <cstdlib>

#include "serve/requests.h"

namespace {

template <class T>
void check(const persea::Parsed<T>& parsed) {
  if (const auto* error = std::get_if<persea::ApiError>(&parsed)) {
    if (error->status != 400 || error->message.empty()) std::abort();
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto chat = persea::parse_chat_request(body);
  check(chat);
  if (const auto* request = std::get_if<persea::ChatRequest>(&chat)) {
    if (request->conversation.messages.empty() || !request->options.sampler.check()) std::abort();
    if (request->options.choices < 1 || request->options.choices > persea::kMostChoices) std::abort();
  }
  const auto completion = persea::parse_completion_request(body);
  check(completion);
  if (const auto* request = std::get_if<persea::CompletionRequest>(&completion)) {
    if (request->prompts.empty() || !request->options.sampler.check()) std::abort();
  }
  const auto responses = persea::parse_responses_request(body);
  check(responses);
  if (const auto* request = std::get_if<persea::ResponsesRequest>(&responses)) {
    if (request->conversation.messages.empty()) std::abort();
  }
  check(persea::parse_embeddings_request(body));
  check(persea::parse_tokenize_request(body));
  check(persea::parse_detokenize_request(body));
  return 0;
}
