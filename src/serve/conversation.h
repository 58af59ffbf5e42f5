// A conversation as the APIs hand it over, in one form: messages, the tools that the model may call, and how free it
// is to call them. Texts only; what a model makes of it is ChatPrompt's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "serve/field_reader.h"

namespace persea {

using OrderedJson = nlohmann::ordered_json;  // templates print objects with their keys as they were given

struct ToolCall {
  std::string id = {}, name = {};
  std::string arguments = {};  // JSON text
};

struct Message {
  std::string role = {};  // system, user, assistant or tool
  std::string content = {};
  std::string reasoning = {};  // what the assistant thought before
  std::string name = {};
  std::string tool_call_id = {};  // of a tool's answer
  std::vector<ToolCall> tool_calls = {};
};

struct Tool {
  std::string name = {};
  OrderedJson definition = {};  // {"type": "function", "function": {"name", "description", "parameters"}}
  Json parameters = {};         // its JSON Schema; an object
  bool strict = false;
};

struct ToolChoice {
  enum class Kind { none, automatic, required, named } kind = Kind::automatic;
  std::string name = {};  // of named
};

// What the text has to be like.
struct TextFormat {
  enum class Kind { text, json_object, json_schema, grammar } kind = Kind::text;
  std::string schema = {};   // of json_schema: its text, since the order of keys matters
  std::string grammar = {};  // of grammar: GBNF
};

struct Conversation {
  std::vector<Message> messages = {};
  std::vector<Tool> tools = {};
  ToolChoice choice = {};
  bool parallel_calls = true;
  OrderedJson variables = {};  // more of them for the template ("chat_template_kwargs"): an object
};

// `messages`, `tools`, `tool_choice`, `parallel_tool_calls`, `chat_template_kwargs` of a chat completion.
Conversation read_conversation(const FieldReader& request);
// `response_format`, and `grammar`.
TextFormat read_response_format(const FieldReader& request);
// {"type", "json_schema" or, `flat`, its members beside the type}.
TextFormat read_format(const FieldReader& format, bool flat);

// A tool's function object: "name", "description", "parameters", "strict".
Tool read_function(const FieldReader& function);
// Text out of a text, or a list of parts whose types are among `types`, joined by line ends.
std::string read_content(const FieldReader& message, std::string_view name, const std::vector<std::string>& types);

// The same value with the order of keys lost or sorted: what is small enough to be kept in order costs little.
OrderedJson ordered(const Json& value);
// Text as OrderedJson where it is JSON of bounded width, nothing where it is not.
std::optional<OrderedJson> parse_ordered(std::string_view text);

}  // namespace persea
