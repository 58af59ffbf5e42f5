#include "serve/conversation.h"

#include <algorithm>

namespace persea {
namespace {

constexpr size_t kMostMessages = 4096, kMostTools = 512, kMostParts = 1024, kMostCalls = 128;
constexpr size_t kMostKeys = 4096;  // an ordered object is searched from its front

bool wide(const Json& value) {
  if (value.is_object() && value.size() > kMostKeys) return true;
  return value.is_structured() && std::any_of(value.begin(), value.end(), wide);
}

bool is_function_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
}

std::vector<ToolCall> read_calls(const FieldReader& message) {
  std::vector<ToolCall> calls;
  const Json* list = message.array("tool_calls", kMostCalls);
  for (size_t i = 0; list && i < list->size() && !message.failed(); ++i) {
    const FieldReader call((*list)[i], fmt::format("{}[{}]", message.path("tool_calls"), i), message.error());
    (void)call.word("type", {"function"});
    const Json* function = call.object("function");
    if (!function) {
      call.refuse("function", "is missing", "missing_required_parameter");
      break;
    }
    const FieldReader body(*function, call.path("function"), message.error());
    calls.push_back({call.text("id"), body.required_text("name"), body.text("arguments", "{}")});
  }
  return calls;
}

Message read_message(const FieldReader& reader) {
  static const std::vector<std::string> kRoles = {"user", "assistant", "system", "developer", "tool"};
  Message message;
  if (!reader.find("role")) reader.refuse("role", "is missing", "missing_required_parameter");
  message.role = reader.word("role", kRoles);
  if (message.role == "developer") message.role = "system";  // the newer name of the same
  message.content = read_content(reader, "content", {"text", "refusal"});
  message.name = reader.text("name");
  if (message.role == "assistant") {
    message.tool_calls = read_calls(reader);
    message.reasoning = reader.text("reasoning_content", reader.text("reasoning"));
    if (message.content.empty()) message.content = reader.text("refusal");
  }
  if (message.role == "tool") message.tool_call_id = reader.required_text("tool_call_id");
  const bool may_be_silent = message.role == "assistant";
  if (!reader.find("content") && !may_be_silent) {
    reader.refuse("content", "is missing", "missing_required_parameter");
  }
  return message;
}

ToolChoice read_choice(const FieldReader& request, const std::vector<Tool>& tools) {
  const Json* value = request.find("tool_choice");
  if (!value) return {};
  using Kind = ToolChoice::Kind;
  if (value->is_string()) {
    const std::string word = request.word("tool_choice", {"auto", "none", "required"});
    if (word == "required" && tools.empty()) request.refuse("tool_choice", "is \"required\", but there are no tools");
    return {word == "auto" ? Kind::automatic : word == "none" ? Kind::none : Kind::required, {}};
  }
  const FieldReader choice(*value, request.path("tool_choice"), request.error());
  (void)choice.word("type", {"function"});
  std::string name;
  if (const Json* function = choice.object("function")) {
    name = FieldReader(*function, choice.path("function"), request.error()).required_text("name");
  } else {
    name = choice.required_text("name");  // as /v1/responses has it
  }
  if (std::none_of(tools.begin(), tools.end(), [&](const Tool& tool) { return tool.name == name; })) {
    request.refuse("tool_choice", fmt::format("names the function \"{}\", which is none of the tools", name));
  }
  return {Kind::named, name};
}

}  // namespace

OrderedJson ordered(const Json& value) { return OrderedJson::parse(canonical_json(value)); }

std::optional<OrderedJson> parse_ordered(std::string_view text) {
  const auto checked = parse_json(text, "");
  if (!checked || wide(*checked)) return std::nullopt;
  return OrderedJson::parse(text.begin(), text.end(), nullptr, false);
}

std::string read_content(const FieldReader& message, std::string_view name, const std::vector<std::string>& types) {
  const Json* value = message.find(name);
  if (!value || !value->is_array()) return message.text(name);
  std::string content;
  const Json* parts = message.array(name, kMostParts);
  for (size_t i = 0; parts && i < parts->size() && !message.failed(); ++i) {
    const FieldReader part((*parts)[i], fmt::format("{}[{}]", message.path(name), i), message.error());
    const std::string type = part.required_text("type");
    if (std::find(types.begin(), types.end(), type) == types.end()) {
      part.refuse("type", fmt::format("is \"{}\"; this server's models read text only", type), "unsupported_value");
      break;
    }
    if (i > 0) content += '\n';
    content += part.required_text(type == "refusal" ? "refusal" : "text");
  }
  return content;
}

Tool read_function(const FieldReader& function) {
  Tool tool;
  tool.name = function.required_text("name");
  if (!function.failed() && !is_function_name(tool.name)) {
    function.refuse("name", "must be 1 to 64 letters, digits, '_', '-' and '.'");
  }
  tool.strict = function.flag("strict", false);
  const Json* parameters = function.object("parameters");
  tool.parameters = parameters ? *parameters : Json::parse(R"({"type": "object", "properties": {}})");
  if (wide(tool.parameters)) function.refuse("parameters", fmt::format("has an object of over {} keys", kMostKeys));
  OrderedJson body = {{"name", tool.name}};
  if (function.find("description")) body["description"] = function.text("description");
  if (!function.failed()) body["parameters"] = ordered(tool.parameters);
  tool.definition = {{"type", "function"}, {"function", std::move(body)}};
  return tool;
}

Conversation read_conversation(const FieldReader& request) {
  Conversation conversation;
  const Json* messages = request.array("messages", kMostMessages);
  if (!messages || messages->empty()) {
    request.refuse("messages", "is missing or empty: send at least one message", "missing_required_parameter");
    return conversation;
  }
  for (size_t i = 0; i < messages->size() && !request.failed(); ++i) {
    const FieldReader reader((*messages)[i], fmt::format("messages[{}]", i), request.error());
    conversation.messages.push_back(read_message(reader));
  }
  const Json* tools = request.array("tools", kMostTools);
  for (size_t i = 0; tools && i < tools->size() && !request.failed(); ++i) {
    const FieldReader tool((*tools)[i], fmt::format("tools[{}]", i), request.error());
    (void)tool.word("type", {"function"});
    const Json* function = tool.object("function");
    if (!function) {
      tool.refuse("function", "is missing", "missing_required_parameter");
      break;
    }
    conversation.tools.push_back(read_function(FieldReader(*function, tool.path("function"), request.error())));
  }
  conversation.choice = read_choice(request, conversation.tools);
  conversation.parallel_calls = request.flag("parallel_tool_calls", true);
  conversation.variables = OrderedJson::object();
  if (const Json* variables = request.object("chat_template_kwargs")) {
    if (wide(*variables)) {
      request.refuse("chat_template_kwargs", "is too wide");
    } else {
      conversation.variables = ordered(*variables);
    }
  }
  if (request.find("reasoning_effort")) {
    conversation.variables["reasoning_effort"] = request.text("reasoning_effort");
  }
  for (const char* old : {"functions", "function_call"}) {
    if (request.find(old))
      request.refuse(old, "is no longer supported: use tools and tool_choice", "unsupported_value");
  }
  return conversation;
}

TextFormat read_format(const FieldReader& format, bool flat) {
  TextFormat result;
  const std::string type = format.word("type", {"text", "json_object", "json_schema"});
  if (type == "json_object") result.kind = TextFormat::Kind::json_object;
  if (type != "json_schema") return result;
  result.kind = TextFormat::Kind::json_schema;
  const Json* named = flat ? nullptr : format.object("json_schema");
  if (!flat && !named) {
    format.refuse("json_schema", "is missing", "missing_required_parameter");
    return result;
  }
  const auto read = [&](const FieldReader& reader) {
    const Json* schema = reader.object("schema");
    if (!schema) return reader.refuse("schema", "is missing", "missing_required_parameter");
    result.schema = canonical_json(*schema);
  };
  if (flat) {
    read(format);
  } else {
    read(FieldReader(*named, format.path("json_schema"), format.error()));
  }
  return result;
}

TextFormat read_response_format(const FieldReader& request) {
  TextFormat format;
  if (const Json* value = request.object("response_format")) {
    format = read_format(FieldReader(*value, request.path("response_format"), request.error()), false);
  }
  if (request.find("grammar")) {
    if (format.kind != TextFormat::Kind::text) {
      request.refuse("grammar", "cannot be given together with response_format");
    }
    format = {TextFormat::Kind::grammar, {}, request.text("grammar")};
  }
  return format;
}

}  // namespace persea
