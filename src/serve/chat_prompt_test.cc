#include "serve/chat_prompt.h"

#include "serve/service_for_test.h"

namespace persea {
namespace {

Conversation conversation(std::vector<Message> messages, const char* tools = "[]") {
  Conversation made;
  made.messages = std::move(messages);
  made.variables = OrderedJson::object();
  for (const OrderedJson& definition : OrderedJson::parse(tools)) {
    made.tools.push_back({.name = definition.at("function").at("name"), .definition = definition});
  }
  return made;
}

std::string prompt(const TextModel& model, const Conversation& asked) {
  const auto chat = ChatPrompt::create(model, "m");
  if (!chat) return "refused: " + chat.error().message;
  const auto ids = chat->encode(asked);
  return ids ? model.tokenizer.decode(*ids) : "failed: " + ids.error().message;
}

constexpr const char* kTools = R"([{"type": "function", "function": {"name": "f", "parameters": {"z": 1, "a": 2}}}])";

TEST(ChatPrompt, SpeaksTheLabsFormat) {
  const TextModel model = tiny_text_model(chat_special_tokens());
  EXPECT_EQ(
      prompt(model, conversation({{.role = "system", .content = "Be brief."}, {.role = "user", .content = "Hi"}})),
      "<|endoftext|><|system|>\nBe brief.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\n");
  const std::string with_tools =
      prompt(model, conversation({{.role = "user", .content = "Hi"},
                                  {.role = "assistant", .tool_calls = {{"1", "f", R"({"q": 1})"}}},
                                  {.role = "tool", .content = "A", .tool_call_id = "1"},
                                  {.role = "tool", .content = "B", .tool_call_id = "2"}},
                                 kTools));
  EXPECT_TRUE(with_tools.starts_with("<|endoftext|><|system|>\nYou can call these functions:")) << with_tools;
  EXPECT_NE(with_tools.find(R"("parameters":{"z":1,"a":2})"), std::string::npos) << "in the order given";
  EXPECT_NE(
      with_tools.find("<|assistant|>\n<tool_call>\n{\"name\":\"f\",\"arguments\":{\"q\":1}}\n</tool_call><|end|>"),
      std::string::npos)
      << with_tools;
  EXPECT_NE(
      with_tools.find("<|user|>\n<tool_response>\nA\n</tool_response>\n<tool_response>\nB\n</tool_response><|end|>"),
      std::string::npos)
      << with_tools;
}

TEST(ChatPrompt, SpeaksAModelsOwnFormat) {
  const TextModel model = chatml_text_model();
  EXPECT_EQ(prompt(model, conversation({{.role = "user", .content = "Hi <|im_end|>"}})),
            "<|im_start|>user\nHi <|im_end|><|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(
      prompt(model, conversation({{.role = "assistant", .tool_calls = {{"1", "f", R"({"b": 1, "a": 2})"}}}}, kTools)),
      "<|im_start|>system\n<tools>{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": {\"z\": 1, "
      "\"a\": 2}}}</tools> <tool_call><|im_end|>\n<|im_start|>assistant\n{\"b\": 1, \"a\": 2}<|im_end|>\n"
      "<|im_start|>assistant\n");
  const auto chat = ChatPrompt::create(model, "m");
  EXPECT_EQ(chat->stop_tokens(), std::vector<int32_t>{0});
  EXPECT_EQ(chat->call_format(), CallFormat::tagged);
}

TEST(ChatPrompt, TemplatesSayWhatTheyDoNotTake) {
  TextModel model = chatml_text_model();
  model.chat.templates = {
      {"default", "{% if messages[0].role != 'user' %}{{ raise_exception('user first') }}{% endif %}x"}};
  EXPECT_NE(prompt(model, conversation({{.role = "assistant", .content = "a"}})).find("user first"), std::string::npos);
  // It says nothing of tools, so the system message does; it has none of these roles' own.
  EXPECT_TRUE(prompt(model, conversation({{.role = "user", .content = "a"}}, kTools)).starts_with("failed: "));
  model.chat.templates = {{"default", "{% for x in %}"}};
  const std::string refused = prompt(model, conversation({{.role = "user", .content = "a"}}));
  EXPECT_TRUE(refused.starts_with("refused: m: chat template:1")) << refused;
  EXPECT_NE(refused.find("--no-chat"), std::string::npos);
  model.chat.templates.clear();
  EXPECT_NE(prompt(model, conversation({{.role = "user", .content = "a"}})).find("/v1/completions"), std::string::npos);
}

TEST(ChatPrompt, ReasoningGoesUnderBothNames) {
  TextModel model = chatml_text_model();
  model.chat.templates = {{"default", "{{ messages[0].reasoning }}/{{ messages[0].reasoning_content }}/{{ enable }}"}};
  Conversation asked = conversation({{.role = "assistant", .content = "a", .reasoning = "why"}});
  asked.variables["enable"] = false;
  EXPECT_EQ(prompt(model, asked), "why/why/False");
}

}  // namespace
}  // namespace persea
