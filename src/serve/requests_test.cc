#include "serve/requests.h"

#include <gtest/gtest.h>

namespace persea {
namespace {

// "200", or "PARAM: MESSAGE" of the refusal.
template <class T>
std::string outcome(const Parsed<T>& parsed) {
  const auto* error = std::get_if<ApiError>(&parsed);
  if (!error) return "200";
  EXPECT_EQ(error->status, 400);
  EXPECT_EQ(error->message.find('\n'), std::string::npos);
  return error->param + "|" + error->message;
}

std::string chat(std::string_view body) { return outcome(parse_chat_request(body)); }
std::string with(std::string_view members) {
  return chat(fmt::format(R"({{"messages": [{{"role": "user", "content": "Hi"}}], {}}})", members));
}

TEST(Requests, ChatsAreRead) {
  const auto parsed = parse_chat_request(R"({
    "model": "m", "messages": [
      {"role": "developer", "content": "Be brief."},
      {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "name": "Ann"},
      {"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"x\": 1}"}}]},
      {"role": "tool", "tool_call_id": "c1", "content": "2"}],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "required": ["b"], "additionalProperties": false}}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}}, "parallel_tool_calls": false,
    "temperature": 0, "top_p": 0.5, "seed": -3, "stop": ["x", "y"], "max_completion_tokens": 7, "n": 2,
    "logit_bias": {"5": -100}, "logprobs": true, "top_logprobs": 2, "stream": true,
    "stream_options": {"include_usage": true}, "user": "u", "unknown": [1], "metadata": {"a": "b"}})");
  ASSERT_TRUE(std::holds_alternative<ChatRequest>(parsed)) << std::get<ApiError>(parsed).message;
  const auto& request = std::get<ChatRequest>(parsed);
  const auto& messages = request.conversation.messages;
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_EQ(messages[0].role, "system");
  EXPECT_EQ(messages[1].content, "a\nb");
  EXPECT_EQ(messages[1].name, "Ann");
  EXPECT_EQ(messages[2].tool_calls.at(0).arguments, "{\"x\": 1}");
  EXPECT_EQ(messages[3].tool_call_id, "c1");
  // The order of keys is that of the request: templates print it.
  EXPECT_EQ(request.conversation.tools.at(0).definition.dump(),
            R"({"type":"function","function":{"name":"f","parameters":{"type":"object","required":["b"],)"
            R"("additionalProperties":false}}})");
  EXPECT_EQ(request.conversation.choice.kind, ToolChoice::Kind::named);
  EXPECT_FALSE(request.conversation.parallel_calls);
  EXPECT_EQ(request.options.sampler.temperature, 0);
  EXPECT_EQ(request.options.sampler.seed, static_cast<uint64_t>(-3));
  EXPECT_EQ(request.options.sampler.bias, (std::vector<std::pair<int32_t, float>>{{5, -100.0F}}));
  EXPECT_EQ(request.options.stop, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(request.options.max_tokens, 7);
  EXPECT_EQ(request.options.choices, 2);
  EXPECT_EQ(request.options.likeliest, 2);
  EXPECT_TRUE(request.options.stream && request.options.stream_usage && request.options.logprobs);
}

TEST(Requests, WhatIsWrongIsNamedWithItsPath) {
  EXPECT_EQ(chat("{}"), "messages|messages: is missing or empty: send at least one message");
  EXPECT_EQ(chat("[1]"), "|the body must be a JSON object, not a list");
  EXPECT_TRUE(chat("{\"messages\": ").starts_with("|the body:1:"));
  EXPECT_TRUE(chat("\xff").starts_with("|the body:1:"));
  EXPECT_EQ(chat(R"({"messages": [{"role": "user", "content": 5}]})"),
            "messages[0].content|messages[0].content: must be a text, not a number");
  EXPECT_EQ(chat(R"({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]})"),
            "messages[0].content[0].type|messages[0].content[0].type: is \"image_url\"; this server's models read text "
            "only");
  EXPECT_EQ(chat(R"({"messages": [{"role": "king", "content": ""}]})"),
            "messages[0].role|messages[0].role: must be one of: user, assistant, system, developer, tool");
  EXPECT_EQ(chat(R"({"messages": ["x"]})"), "messages[0]|messages[0] must be an object, not a text");
  EXPECT_EQ(with(R"("temperature": 3)"), "temperature|temperature: is 3; it must lie in 0..2");
  EXPECT_EQ(with(R"("temperature": "hot")"), "temperature|temperature: must be a number, not a text");
  EXPECT_EQ(with(R"("max_tokens": 1.5)"), "max_tokens|max_tokens: must be a whole number, not a number");
  EXPECT_EQ(with(R"("max_tokens": 0)"), "max_tokens|max_tokens: is 0; it must be at least 1");
  EXPECT_EQ(with(R"("max_tokens": 18446744073709551615)"),
            "max_tokens|max_tokens: is 18446744073709551615; it must be at least 1");
  EXPECT_EQ(with(R"("n": 200)"), "n|n: is 200; it must lie in 1..128");
  EXPECT_EQ(with(R"("top_logprobs": 3)"), "top_logprobs|top_logprobs: has a meaning only with \"logprobs\": true");
  EXPECT_EQ(with(R"("stop": [""])"), "stop|stop: an empty text would stop everything: leave it out");
  EXPECT_EQ(with(R"("logit_bias": {"x": 1})"),
            "logit_bias|logit_bias: its keys must be token ids: /tokenize tells them");
  EXPECT_EQ(with(R"("functions": [])"), "functions|functions: is no longer supported: use tools and tool_choice");
  EXPECT_EQ(with(R"("tool_choice": "required")"), "tool_choice|tool_choice: is \"required\", but there are no tools");
  EXPECT_EQ(with(R"("tools": [{"type": "function"}])"), "tools[0].function|tools[0].function: is missing");
  EXPECT_EQ(with(R"("tools": [{"type": "function", "function": {"name": "a b"}}])"),
            "tools[0].function.name|tools[0].function.name: must be 1 to 64 letters, digits, '_', '-' and '.'");
  EXPECT_EQ(with(R"("response_format": {"type": "json_schema"})"),
            "response_format.json_schema|response_format.json_schema: is missing");
  EXPECT_EQ(with(R"("max_tokens": 5.0, "temperature": null, "stop": null, "top_k": -1)"), "200");
  EXPECT_TRUE(chat("{\"messages\": " + std::string(300, '[') + std::string(300, ']') + "}").starts_with("|the body"));
}

TEST(Requests, CompletionsAreRead) {
  const auto prompts = [](std::string_view body) {
    return std::get<CompletionRequest>(parse_completion_request(body)).prompts;
  };
  using Ids = std::vector<int32_t>;
  EXPECT_EQ(prompts(R"({"prompt": "a"})"), (std::vector<PromptInput>{"a"}));
  EXPECT_EQ(prompts(R"({"prompt": ["a", "b"]})"), (std::vector<PromptInput>{"a", "b"}));
  EXPECT_EQ(prompts(R"({"prompt": [1, 2]})"), (std::vector<PromptInput>{Ids{1, 2}}));
  EXPECT_EQ(prompts(R"({"prompt": [[1], [2, 3]]})"), (std::vector<PromptInput>{Ids{1}, Ids{2, 3}}));
  const auto refused = [](std::string_view body) { return outcome(parse_completion_request(body)); };
  EXPECT_EQ(*std::get<CompletionRequest>(parse_completion_request(R"({"prompt": "a"})")).options.max_tokens, 16);
  EXPECT_TRUE(refused(R"({"prompt": [1, -2]})").starts_with("prompt|"));
  EXPECT_TRUE(refused(R"({"prompt": [[1, 99999999999]]})").starts_with("prompt[0]|"));
  EXPECT_TRUE(refused(R"({"prompt": []})").starts_with("prompt|"));
  EXPECT_TRUE(refused(R"({})").starts_with("prompt|"));
  EXPECT_TRUE(refused(R"({"prompt": "a", "suffix": "b"})").starts_with("suffix|"));
  EXPECT_TRUE(refused(R"({"prompt": "a", "best_of": 2})").starts_with("best_of|"));
  EXPECT_TRUE(refused(R"({"prompt": "a", "echo": true, "logprobs": 1})").starts_with("echo|"));
  EXPECT_EQ(refused(R"({"prompt": "a", "echo": true, "max_tokens": 0})"), "200");
}

TEST(Requests, ResponsesBecomeAChat) {
  const auto parsed = parse_responses_request(R"({
    "instructions": "Be brief.", "input": [
      {"role": "user", "content": [{"type": "input_text", "text": "What time?"}]},
      {"type": "function_call", "call_id": "c", "name": "clock", "arguments": "{}"},
      {"type": "function_call_output", "call_id": "c", "output": "noon"}],
    "tools": [{"type": "function", "name": "clock"}], "text": {"format": {"type": "json_object"}}, "max_output_tokens": 9})");
  ASSERT_TRUE(std::holds_alternative<ResponsesRequest>(parsed)) << std::get<ApiError>(parsed).message;
  const auto& request = std::get<ResponsesRequest>(parsed);
  ASSERT_EQ(request.conversation.messages.size(), 4U);
  EXPECT_EQ(request.conversation.messages[0].role, "system");
  EXPECT_EQ(request.conversation.messages[2].tool_calls.at(0).name, "clock");
  EXPECT_EQ(request.conversation.messages[3].role, "tool");
  EXPECT_EQ(request.format.kind, TextFormat::Kind::json_object);
  EXPECT_EQ(request.options.max_tokens, 9);
  EXPECT_TRUE(outcome(parse_responses_request(R"({"input": "a", "previous_response_id": "resp_1"})"))
                  .starts_with("previous_response_id|"));
  EXPECT_TRUE(
      outcome(parse_responses_request(R"({"input": [{"type": "item_reference"}]})")).starts_with("input[0].type|"));
}

}  // namespace
}  // namespace persea
