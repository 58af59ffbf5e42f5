#include "serve/chat_prompt.h"

#include <algorithm>
#include <cctype>

#include "base/hash.h"
#include "text/chat_template.h"

namespace persea {
namespace {

constexpr const char* kDefault = "default";
constexpr const char* kToolUse = "tool_use";  // the name of a second template, by custom

void add_once(std::vector<int32_t>& ids, std::optional<int32_t> id) {
  if (id && std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
}

std::string call_text(const ToolCall& call) {
  const auto arguments = parse_ordered(call.arguments);
  const OrderedJson body = {{"name", call.name}, {"arguments", arguments ? *arguments : OrderedJson(call.arguments)}};
  return fmt::format("<tool_call>\n{}\n</tool_call>", body.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
}

// All texts of a value, keys included, as the template may print them.
OrderedJson guarded(const TextGuard& guard, const OrderedJson& value) {
  if (value.is_string()) return guard.guard(value.get_ref<const std::string&>());
  if (value.is_array()) {
    OrderedJson list = OrderedJson::array();
    for (const OrderedJson& item : value) list.push_back(guarded(guard, item));
    return list;
  }
  if (value.is_object()) {
    OrderedJson object = OrderedJson::object();
    for (const auto& [key, item] : value.items()) object[guard.guard(key)] = guarded(guard, item);
    return object;
  }
  return value;
}

// An id of a call as the template takes it: a client may go on with calls that another model made.
std::string call_id(CallFormat format, const std::string& id) {
  const bool fits = id.size() == kMistralIdSize &&
                    std::all_of(id.begin(), id.end(), [](unsigned char c) { return c < 0x80 && std::isalnum(c) != 0; });
  return !is_mistral(format) || fits ? id : sha256(id).substr(0, kMistralIdSize);
}

// A message as transformers hands it to a template.
OrderedJson message_json(const TextGuard& guard, const Message& message, CallFormat format) {
  OrderedJson json = {{"role", message.role}, {"content", guard.guard(message.content)}};
  if (!message.name.empty()) json["name"] = guard.guard(message.name);
  if (!message.tool_call_id.empty()) json["tool_call_id"] = guard.guard(call_id(format, message.tool_call_id));
  if (!message.reasoning.empty()) json["reasoning"] = guard.guard(message.reasoning);
  name_thoughts(json);
  if (message.tool_calls.empty()) return json;
  OrderedJson calls = OrderedJson::array();
  for (const ToolCall& call : message.tool_calls) {
    // Templates want the object, not its text.
    const auto parsed = parse_ordered(call.arguments);
    const OrderedJson arguments = guarded(guard, parsed ? *parsed : OrderedJson(call.arguments));
    calls.push_back({{"id", guard.guard(call_id(format, call.id))},
                     {"type", "function"},
                     {"function", {{"name", guard.guard(call.name)}, {"arguments", arguments}}}});
  }
  json["tool_calls"] = std::move(calls);
  return json;
}

std::string dumped(const OrderedJson& json) { return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace); }

}  // namespace

Result<ChatPrompt> ChatPrompt::create(const TextModel& model, std::string_view where) {
  ChatPrompt prompt(model);
  prompt.lab_ = is_lab_chat(model.chat, model.tokenizer);
  prompt.tokens_ = model.chat.tokens;
  if (prompt.lab_) {
    prompt.stop_ = chat_stop_tokens(model.tokenizer);
    return prompt;
  }
  for (const auto& [name, source] : model.chat.templates) {
    if (name != kDefault && name != kToolUse) continue;  // others are for work that no API asks for
    auto parsed = ChatTemplate::parse(source, fmt::format("{}: chat template", where));
    if (!parsed) return fail("{}: --no-chat serves the model without chat", parsed.error().message);
    prompt.templates_.emplace(name, std::move(*parsed));
    prompt.knows_tools_ = prompt.knows_tools_ || source.find("tools") != source.npos;
    if (source.find("tools") != source.npos) prompt.call_format_ = call_format_of(source);
  }
  prompt.stop_ = model.roles.end;
  if (const auto end = model.chat.tokens.find("eos_token"); end != model.chat.tokens.end()) {
    add_once(prompt.stop_, model.tokenizer.special(end->second));
  }
  for (const std::string_view name :
       {std::string_view("<think>"), std::string_view("</think>"), kCallOpen, kCallClose}) {
    add_once(prompt.kept_, model.tokenizer.special(name));
  }
  if (prompt.call_format_ == CallFormat::bare) add_once(prompt.kept_, model.tokenizer.special(kPythonTag));
  if (is_mistral(prompt.call_format_)) {
    for (const std::string_view name : {kMistralCalls, std::string_view("[CALL_ID]"), kMistralArguments}) {
      add_once(prompt.kept_, model.tokenizer.special(name));
    }
  }
  return prompt;
}

Result<std::vector<int32_t>> ChatPrompt::encode(const Conversation& conversation) const {
  if (lab_) return encode_lab(conversation);
  if (templates_.empty()) return fail("this model has no chat template: use /v1/completions");
  return render(conversation);
}

Result<std::vector<int32_t>> ChatPrompt::encode_lab(const Conversation& conversation) const {
  std::vector<ChatMessage> messages;
  for (Message& message : without_tools(conversation).messages) {
    messages.push_back({std::move(message.role), std::move(message.content)});
  }
  PERSEA_TRY(ChatTokens tokens, encode_chat(tokenizer_, messages, true));
  return std::move(tokens.ids);
}

Result<std::vector<int32_t>> ChatPrompt::render(const Conversation& given) const {
  const bool tools = !given.tools.empty() && given.choice.kind != ToolChoice::Kind::none;
  const Conversation plain = knows_tools_ ? Conversation() : without_tools(given);
  const Conversation& conversation = knows_tools_ ? given : plain;
  auto used = templates_.find(tools && knows_tools_ ? kToolUse : kDefault);
  if (used == templates_.end()) used = templates_.find(kDefault);
  if (used == templates_.end()) used = templates_.begin();

  OrderedJson messages = OrderedJson::array();
  for (const Message& message : conversation.messages) {
    messages.push_back(message_json(guard_, message, call_format_));
  }
  TemplateVariables variables;
  for (const auto& [name, text] : tokens_) PERSEA_CHECK(variables.set(name, text));
  PERSEA_CHECK(variables.set("add_generation_prompt", true));
  PERSEA_CHECK(variables.set("documents", nullptr));
  if (conversation.variables.is_object() && !conversation.variables.empty()) {
    PERSEA_CHECK(variables.add(dumped(guarded(guard_, conversation.variables)), "chat_template_kwargs"));
  }
  PERSEA_CHECK(variables.set_json("messages", dumped(messages), "messages"));
  if (tools && knows_tools_) {
    OrderedJson list = OrderedJson::array();
    for (const Tool& tool : conversation.tools) list.push_back(guarded(guard_, tool.definition));
    PERSEA_CHECK(variables.set_json("tools", dumped(list), "tools"));
  } else {
    PERSEA_CHECK(variables.set("tools", nullptr));
  }
  PERSEA_TRY(const std::string text, used->second.render(variables));
  std::vector<int32_t> ids;
  guard_.encode(text, ids);
  return ids;
}

void name_thoughts(OrderedJson& message) {
  for (const char* name : {"reasoning_content", "thinking", "reasoning"}) {
    if (!message.contains(name) || message.at(name).is_null()) continue;
    const OrderedJson thoughts = message.at(name);
    OrderedJson named = {{"thinking", thoughts}};
    named.update(message);
    named["reasoning_content"] = thoughts;
    message = std::move(named);
    return;
  }
}

std::string tools_instructions(const Conversation& conversation) {
  if (conversation.tools.empty() || conversation.choice.kind == ToolChoice::Kind::none) return {};
  std::string text = "You can call these functions:\n<tools>\n";
  for (const Tool& tool : conversation.tools) text += dumped(tool.definition) + "\n";
  text +=
      "</tools>\nTo call one, write a JSON object with its name and arguments between these tags:\n"
      "<tool_call>\n{\"name\": NAME, \"arguments\": OBJECT}\n</tool_call>";
  if (conversation.choice.kind == ToolChoice::Kind::required) text += "\nCall one of them now.";
  if (conversation.choice.kind == ToolChoice::Kind::named) {
    text += fmt::format("\nCall {} now.", conversation.choice.name);
  }
  return text;
}

Conversation without_tools(const Conversation& conversation) {
  Conversation plain;
  plain.variables = conversation.variables;
  const std::string instructions = tools_instructions(conversation);
  for (const Message& message : conversation.messages) {
    Message said{
        .role = message.role, .content = message.content, .reasoning = message.reasoning, .name = message.name};
    for (const ToolCall& call : message.tool_calls) {
      if (!said.content.empty()) said.content += '\n';
      said.content += call_text(call);
    }
    if (message.role == "tool") {
      said.content = fmt::format("<tool_response>\n{}\n</tool_response>", message.content);
      said.role = "user";
      // Answers of one turn are one message: roles take turns.
      if (!plain.messages.empty() && plain.messages.back().role == "user" && !conversation.messages.empty() &&
          plain.messages.back().content.ends_with("</tool_response>")) {
        plain.messages.back().content += '\n' + said.content;
        continue;
      }
    }
    plain.messages.push_back(std::move(said));
  }
  if (instructions.empty()) return plain;
  if (!plain.messages.empty() && plain.messages.front().role == "system") {
    plain.messages.front().content += "\n\n" + instructions;
  } else {
    plain.messages.insert(plain.messages.begin(), Message{.role = "system", .content = instructions});
  }
  return plain;
}

}  // namespace persea
