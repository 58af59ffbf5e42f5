// The request of POST /v1/responses: its items become the messages of a chat.
#include "serve/request_body.h"

namespace persea {
namespace {

constexpr size_t kMostItems = 4096;

void read_item(const FieldReader& item, Conversation& conversation) {
  static const std::vector<std::string> kParts = {"input_text", "output_text", "text", "refusal"};
  const std::string type = item.text("type", "message");
  if (type == "message") {
    Message message;
    if (!item.find("role")) item.refuse("role", "is missing", "missing_required_parameter");
    message.role = item.word("role", {"user", "assistant", "system", "developer"});
    if (message.role == "developer") message.role = "system";
    if (!item.find("content")) item.refuse("content", "is missing", "missing_required_parameter");
    message.content = read_content(item, "content", kParts);
    conversation.messages.push_back(std::move(message));
  } else if (type == "function_call") {
    ToolCall call{item.required_text("call_id"), item.required_text("name"), item.required_text("arguments")};
    // Calls of one turn are one message.
    if (conversation.messages.empty() || conversation.messages.back().role != "assistant") {
      conversation.messages.push_back({.role = "assistant"});
    }
    conversation.messages.back().tool_calls.push_back(std::move(call));
  } else if (type == "function_call_output") {
    conversation.messages.push_back({.role = "tool",
                                     .content = read_content(item, "output", kParts),
                                     .tool_call_id = item.required_text("call_id")});
  } else if (type != "reasoning") {
    item.refuse("type", fmt::format("is \"{}\"; messages, function calls and their outputs are understood", type),
                "unsupported_value");
  }
}

void read_input(const FieldReader& reader, Conversation& conversation) {
  if (reader.find("instructions")) {
    conversation.messages.push_back({.role = "system", .content = reader.text("instructions")});
  }
  const Json* input = reader.find("input");
  if (!input) return reader.refuse("input", "is missing", "missing_required_parameter");
  if (input->is_string()) {
    conversation.messages.push_back({.role = "user", .content = input->get<std::string>()});
    return;
  }
  const Json* items = reader.array("input", kMostItems);
  for (size_t i = 0; items && i < items->size() && !reader.failed(); ++i) {
    read_item(FieldReader((*items)[i], fmt::format("input[{}]", i), reader.error()), conversation);
  }
  if (!reader.failed() && (!items || items->empty())) reader.refuse("input", "is empty");
}

void read_tools(const FieldReader& reader, Conversation& conversation) {
  const Json* tools = reader.array("tools", 512);
  for (size_t i = 0; tools && i < tools->size() && !reader.failed(); ++i) {
    const FieldReader tool((*tools)[i], fmt::format("tools[{}]", i), reader.error());
    (void)tool.word("type", {"function"});
    conversation.tools.push_back(read_function(tool));
  }
  const Json* choice = reader.find("tool_choice");
  if (!choice) return;
  using Kind = ToolChoice::Kind;
  if (choice->is_string()) {
    const std::string word = reader.word("tool_choice", {"auto", "none", "required"});
    conversation.choice.kind = word == "auto" ? Kind::automatic : word == "none" ? Kind::none : Kind::required;
  } else {
    const FieldReader named(*choice, "tool_choice", reader.error());
    conversation.choice = {Kind::named, named.required_text("name")};
  }
  if (conversation.choice.kind != Kind::required && conversation.choice.kind != Kind::named) return;
  for (const Tool& tool : conversation.tools) {
    if (conversation.choice.kind == Kind::required || tool.name == conversation.choice.name) return;
  }
  reader.refuse("tool_choice", "asks for a function that is none of the tools");
}

// Tools and the schema as they were written, with their keys in order.
void keep_order(const OrderedJson& document, ResponsesRequest& request) {
  for (size_t i = 0; i < request.conversation.tools.size(); ++i) {
    const OrderedJson& tool = document.at("tools").at(i);
    if (!tool.contains("parameters") || tool.at("parameters").is_null()) continue;
    request.conversation.tools[i].definition["function"]["parameters"] = tool.at("parameters");
  }
  if (request.format.kind == TextFormat::Kind::json_schema) {
    request.format.schema = document.at("text").at("format").at("schema").dump();
  }
}

}  // namespace

Parsed<ResponsesRequest> parse_responses_request(std::string_view body) {
  return parse_request<ResponsesRequest>(body, [&](const FieldReader& reader, ResponsesRequest& request) {
    request.conversation.variables = OrderedJson::object();
    read_input(reader, request.conversation);
    read_tools(reader, request.conversation);
    request.conversation.parallel_calls = reader.flag("parallel_tool_calls", true);
    if (const Json* text = reader.object("text")) {
      const FieldReader settings(*text, "text", reader.error());
      if (const Json* format = settings.object("format")) {
        request.format = read_format(FieldReader(*format, "text.format", reader.error()), true);
      }
    }
    request.options = read_writing_options(reader);
    if (reader.find("max_output_tokens")) request.options.max_tokens = reader.integer("max_output_tokens", 1, 1);
    request.options.choices = 1;
    if (reader.find("previous_response_id")) {
      reader.refuse("previous_response_id", "responses are not kept here: send the whole conversation as input",
                    "unsupported_value");
    }
    if (reader.flag("background", false)) reader.refuse("background", "is not supported", "unsupported_value");
    if (reader.word("truncation", {"disabled", "auto"}) == "auto") {
      reader.refuse("truncation", "nothing is cut off silently here: leave it out", "unsupported_value");
    }
    const auto repeat = [&](const char* name, Json fallback) {
      const Json* value = reader.find(name);
      request.echo[name] = value ? *value : std::move(fallback);
    };
    repeat("instructions", nullptr);
    repeat("max_output_tokens", nullptr);
    repeat("temperature", 1.0);
    repeat("top_p", 1.0);
    repeat("tools", Json::array());
    repeat("tool_choice", "auto");
    repeat("metadata", Json::object());
    repeat("text", {{"format", {{"type", "text"}}}});
    repeat("user", nullptr);
    request.echo["parallel_tool_calls"] = request.conversation.parallel_calls;
    if (reader.failed()) return;
    if (const auto document = parse_ordered(body)) keep_order(*document, request);
  });
}

}  // namespace persea
