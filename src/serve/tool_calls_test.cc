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
      EXPECT_TRUE(call.id.starts_with("call_"));
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
}

}  // namespace
}  // namespace persea
