#include "serve/tool_calls.h"

#include <gtest/gtest.h>

namespace persea {
namespace {

std::vector<Tool> tools() { return {{.name = "add"}, {.name = "look_up"}}; }

// "text|name(arguments)|..." of a reply, cut into pieces of `step` bytes.
std::string read(std::string_view reply, size_t step, CallFormat format = CallFormat::tagged) {
  ToolCallReader reader(format, tools());
  std::string text, calls;
  const auto take = [&](const ToolCallReader::Found& found) {
    text += found.text;
    for (const ToolCall& call : found.calls) {
      EXPECT_EQ(call.id.starts_with("call_"), !is_mistral(format));
      EXPECT_EQ(call.id.size() == kMistralIdSize, is_mistral(format));
      calls += "|" + call.name + "(" + call.arguments + ")";
    }
  };
  for (size_t at = 0; at < reply.size(); at += step) take(reader.feed(reply.substr(at, step)));
  take(reader.finish());
  return text + calls;
}

TEST(ToolCalls, AreToldFromTextHoweverItIsCut) {
  const std::pair<std::string, std::string> cases[] = {
      {"Hello there.", "Hello there."},
      {"<tool_call>\n{\"name\": \"add\", \"arguments\": {\"b\": 2, \"a\": 1}}\n</tool_call>",
       "|add({\"b\":2,\"a\":1})"},
      {"Let me see.\n\n<tool_call>{\"name\": \"add\", \"arguments\": {}}</tool_call>\n"
       "<tool_call>{\"name\": \"look_up\", \"arguments\": \"{\\\"q\\\": 1}\"}</tool_call>\n",
       "Let me see.|add({})|look_up({\"q\":1})"},
      {"<tool_call>{\"name\": \"unknown\", \"arguments\": {}}</tool_call>",
       "<tool_call>{\"name\": \"unknown\", \"arguments\": {}}</tool_call>"},
      {"<tool_call>nonsense</tool_call> ok", "<tool_call>nonsense</tool_call> ok"},
      {"<tool_call>{\"name\": \"add\"}", "|add({})"},
      {"<tool_call>{\"name\": ", "<tool_call>{\"name\": "},
      {"a <tool", "a <tool"},
      {"a < b and <tool_box>", "a < b and <tool_box>"},
      {"<tool_call>{\"name\": \"add\", \"arguments\": [1]}</tool_call>",
       "<tool_call>{\"name\": \"add\", \"arguments\": [1]}</tool_call>"},
  };
  for (const auto& [reply, expected] : cases) {
    for (const size_t step : {size_t{1}, size_t{2}, size_t{5}, reply.size()}) {
      EXPECT_EQ(read(reply, step), expected) << reply << " by " << step;
    }
  }
}

TEST(ToolCalls, TextIsShownAsSoonAsItCanBe) {
  ToolCallReader reader(CallFormat::tagged, tools());
  EXPECT_EQ(reader.feed("Hello <").text, "Hello");
  EXPECT_EQ(reader.feed("b").text, " <b");
}

TEST(ToolCalls, BareRepliesAreWholeCalls) {
  const std::string call = R"({"name": "add", "parameters": {"a": 1}})";
  EXPECT_EQ(read(call, 3, CallFormat::bare), "|add({\"a\":1})");
  EXPECT_EQ(read("Sure: " + call, 3, CallFormat::bare), "Sure: " + call);
  EXPECT_EQ(read("{\"name\": \"other\"}", 3, CallFormat::bare), "{\"name\": \"other\"}");
  EXPECT_EQ(read("  ", 1, CallFormat::bare), "  ");
  EXPECT_EQ(read(call + "; " + call, 3, CallFormat::bare), "|add({\"a\":1})|add({\"a\":1})");
}

TEST(ToolCalls, PythonTagsBeginCalls) {
  const std::string call = R"({"type": "function", "name": "add", "parameters": {"a": "}"}})";
  for (const size_t step : {size_t{1}, size_t{4}, size_t{100}}) {
    EXPECT_EQ(read("<|python_tag|>" + call, step, CallFormat::bare), "|add({\"a\":\"}\"})");
    EXPECT_EQ(read("Let me see.\n<|python_tag|>" + call + ";" + call, step, CallFormat::bare),
              "Let me see.|add({\"a\":\"}\"})|add({\"a\":\"}\"})");
    EXPECT_EQ(read("<|python_tag|>print(1)", step, CallFormat::bare), "print(1)");
    EXPECT_EQ(read("a <|python", step, CallFormat::bare), "a <|python");
  }
}

TEST(ToolCalls, MistralsComeInAListOrByName) {
  const std::pair<std::string, std::string> cases[] = {
      {"Just text [1].", "Just text [1]."},
      {R"([TOOL_CALLS] [{"name": "add", "arguments": {"a": "]"}}])", R"(|add({"a":"]"}))"},
      {R"([TOOL_CALLS][{"name": "add", "arguments": {}}, {"name": "look_up", "arguments": {"q": "\"]"}}])",
       R"(|add({})|look_up({"q":"\"]"}))"},
      {R"([TOOL_CALLS]{"name": "add", "arguments": {}})", "|add({})"},
      {R"([TOOL_CALLS]add[ARGS]{"a": {"b": 1}})", R"(|add({"a":{"b":1}}))"},
      {R"(I look.
[TOOL_CALLS]add[CALL_ID]abcdefghi[ARGS]{"a": 1}[TOOL_CALLS]look_up[ARGS]{})",
       R"(I look.|add({"a":1})|look_up({}))"},
      {R"([TOOL_CALLS]unknown[ARGS]{"a": 1})", R"([TOOL_CALLS]unknown[ARGS]{"a": 1})"},
      {R"([TOOL_CALLS][{"name": "add"}, {"name": "unknown"}] so)",
       R"([TOOL_CALLS][{"name": "add"}, {"name": "unknown"}] so)"},
      {R"([TOOL_CALLS][{"name": "add", "argum)", R"([TOOL_CALLS][{"name": "add", "argum)"},
      {R"([TOOL_CALLS][}])", R"([TOOL_CALLS][}])"},
  };
  for (const auto& [reply, expected] : cases) {
    for (const size_t step : {size_t{1}, size_t{3}, reply.size()}) {
      EXPECT_EQ(read(reply, step, CallFormat::mistral_list), expected) << reply << " by " << step;
      EXPECT_EQ(read(reply, step, CallFormat::mistral_named), expected) << reply << " by " << step;
    }
  }
}

TEST(ToolCalls, TemplatesTellTheirFormat) {
  EXPECT_EQ(call_format_of("{{ messages }}"), CallFormat::tagged)
      << "it says nothing of tools: the system message does";
  EXPECT_EQ(call_format_of("{{ tools }} <tool_call>"), CallFormat::tagged);
  EXPECT_EQ(call_format_of("{{ tools }}"), CallFormat::bare);
  EXPECT_EQ(call_format_of("{{ tools }} [TOOL_CALLS] ["), CallFormat::mistral_list);
  EXPECT_EQ(call_format_of("{{ tools }} [TOOL_CALLS] [ARGS]"), CallFormat::mistral_named);
}

}  // namespace
}  // namespace persea
