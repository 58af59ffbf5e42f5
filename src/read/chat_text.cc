#include "read/chat_text.h"

#include <algorithm>
#include <unordered_set>

#include "read/json_tree.h"
#include "read/text_normalizer.h"
#include "text/unicode.h"

namespace persea::read {
namespace {

namespace dom = simdjson::dom;

std::string string_at(const dom::object& object, std::string_view key) {
  std::string_view value;
  return object[key].get_string().get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}

// The first of these fields that is a string with something in it.
std::string first_string(const dom::object& object, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (std::string value = string_at(object, key); !value.empty()) return value;
  }
  return "";
}

// A text that is a string, or a list of strings and of objects with "text" (Telegram's entities, parts of a message).
std::string text_of(const dom::element& value, int depth = 0) {
  std::string_view string;
  if (value.get_string().get(string) == simdjson::SUCCESS) return std::string(string);
  dom::array array;
  dom::object object;
  if (depth < 4 && value.get_array().get(array) == simdjson::SUCCESS) {
    std::string all;
    for (const dom::element& each : array) all += text_of(each, depth + 1);
    return all;
  }
  if (depth < 4 && value.get_object().get(object) == simdjson::SUCCESS) {
    const std::string type = string_at(object, "type");
    if (type == "thinking" || type == "tool_use" || type == "tool_result") return "";
    return first_string(object, {"text", "value"});
  }
  return "";
}

// Who a program's roles are.
std::string shown_role(const std::string& role) {
  if (role == "user" || role == "human" || role == "prompter") return "User";
  if (role == "assistant" || role == "gpt" || role == "chatgpt" || role == "model" || role == "bot") return "Assistant";
  return role;
}

bool is_hidden_role(const std::string& role) { return role == "system" || role == "tool" || role == "function"; }

// <@U02>, <#C1|general>, <https://x.org|here> -> @U02, #general, here
std::string slack_text(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t close = text[i] == '<' ? text.find('>', i) : std::string_view::npos;
    if (close == std::string_view::npos || close - i > 2000) {
      out += text[i];
      continue;
    }
    std::string_view inner = text.substr(i + 1, close - i - 1);
    const bool channel = inner.starts_with('#');
    const size_t bar = inner.find('|');
    if (bar != std::string_view::npos) inner.remove_prefix(bar + 1);
    if (channel && bar != std::string_view::npos) out += '#';
    out += inner;
    i = close;
  }
  return plain_entities(out);
}

std::string name_of(const dom::object& message) {
  for (const std::string_view key : {"author", "user_profile", "sender", "user", "from"}) {
    dom::object who;
    if (message[key].get_object().get(who) != simdjson::SUCCESS) continue;
    std::string name = first_string(who, {"nickname", "display_name", "real_name", "name", "username", "role"});
    if (!name.empty()) return name;
  }
  return first_string(message, {"role", "sender_name", "from", "sender", "author", "user", "username", "name"});
}

ChatMessage read_message(const dom::object& message) {
  ChatMessage made;
  const std::string kind = string_at(message, "type");
  if (kind == "service" || !string_at(message, "subtype").empty()) return made;  // "Ann joined the group"
  const std::string name = name_of(message);
  if (is_hidden_role(name)) return made;
  made.from = shown_role(name);
  made.date = first_string(message, {"date", "timestamp", "created_at", "ts"});
  for (const std::string_view key : {"content", "text", "value", "message", "body"}) {
    dom::element value;
    if (message[key].get(value) != simdjson::SUCCESS) continue;
    made.text = text_of(value);
    if (!made.text.empty()) break;
  }
  dom::element ignored;
  if (message["ts"].get(ignored) == simdjson::SUCCESS) made.text = slack_text(made.text);
  if (message["sender_name"].get(ignored) == simdjson::SUCCESS) {
    made.text = mend_latin(made.text);
    made.from = mend_latin(made.from);
  }
  return made;
}

// ChatGPT keeps a tree of what was said, as people go back and ask otherwise: the branch that was open last counts.
std::vector<ChatMessage> read_mapping(const dom::object& object, const dom::object& mapping) {
  std::vector<ChatMessage> messages;
  std::unordered_set<std::string> seen;
  std::string node = string_at(object, "current_node");
  if (node.empty()) {  // the last leaf
    for (const auto& [key, value] : mapping) {
      dom::array children;
      if (value["children"].get_array().get(children) != simdjson::SUCCESS || children.size() == 0) node = key;
    }
  }
  while (!node.empty() && seen.insert(node).second) {
    dom::object entry, message, content, author;
    if (mapping[node].get_object().get(entry) != simdjson::SUCCESS) break;
    node = string_at(entry, "parent");
    if (entry["message"].get_object().get(message) != simdjson::SUCCESS ||
        message["content"].get_object().get(content) != simdjson::SUCCESS ||
        message["author"].get_object().get(author) != simdjson::SUCCESS) {
      continue;
    }
    const std::string role = string_at(author, "role"), type = string_at(content, "content_type");
    if (is_hidden_role(role) || (type != "text" && type != "multimodal_text")) continue;
    dom::element parts;
    if (content["parts"].get(parts) != simdjson::SUCCESS) continue;
    messages.push_back({shown_role(role), "", text_of(parts)});
  }
  std::reverse(messages.begin(), messages.end());
  return messages;
}

}  // namespace

bool is_conversation_key(std::string_view key) {
  return key == "messages" || key == "mapping" || key == "chat_messages" || key == "conversations" ||
         key == "conversation";
}

bool is_lone_message(std::string_view object) {
  dom::parser parser;
  dom::object message;
  if (parser.parse(object.data(), object.size()).get_object().get(message) != simdjson::SUCCESS) return false;
  std::string_view ignored;
  return message["ts"].get_string().get(ignored) == simdjson::SUCCESS && string_at(message, "type") == "message";
}

std::vector<ChatMessage> read_conversation(const dom::object& object) {
  dom::object mapping;
  if (object["mapping"].get_object().get(mapping) == simdjson::SUCCESS) return read_mapping(object, mapping);
  std::vector<ChatMessage> messages;
  for (const std::string_view key : {"messages", "chat_messages", "conversations", "conversation"}) {
    dom::array array;
    if (object[key].get_array().get(array) != simdjson::SUCCESS) continue;
    int64_t newer = 0, older = 0, before = 0;
    for (const dom::element& each : array) {
      dom::object message;
      if (each.get_object().get(message) != simdjson::SUCCESS) continue;
      messages.push_back(read_message(message));
      int64_t time = 0;
      if (message["timestamp_ms"].get_int64().get(time) != simdjson::SUCCESS) continue;
      (time < before ? older : newer) += before != 0 ? 1 : 0;
      before = time;
    }
    if (older > newer) std::reverse(messages.begin(), messages.end());  // Facebook puts the newest first
    if (!messages.empty()) break;
  }
  return messages;
}

void add_conversation(const std::vector<ChatMessage>& messages, std::string_view place, const std::string& title,
                      DocumentSink& sink) {
  Document document;
  int64_t part = 0;
  const auto give = [&] {
    document.place =
        part == 0 ? std::string(place) : fmt::format("{}{}part {}", place, place.empty() ? "" : ": ", part + 1);
    document.title = title;
    ++part;
    sink.add(std::move(document));
    document = {};
  };
  for (const ChatMessage& message : messages) {
    std::string text;
    sink.out().replaced += normalize(message.text, text);
    if (blank(text)) continue;
    while (text.ends_with('\n')) text.pop_back();
    std::string line = message.from.empty() ? text : told_field(message.from) + ": " + text;
    if (!document.text.empty() &&
        document.text.size() + line.size() + 2 > static_cast<size_t>(sink.limits().document_bytes)) {
      give();
    }
    if (document.text.empty()) {
      document.date = told_field(message.date);
    } else {
      document.text += "\n\n";
    }
    document.text += line;
  }
  if (!document.text.empty()) give();
}

std::string mend_latin(std::string_view text) {
  std::string bytes;
  bool any = false;
  for (const char *at = text.data(), *end = at + text.size(); at < end;) {
    const unicode::Decoded c = unicode::decode_utf8(at, end);
    if (!c.valid || c.codepoint > 0xff) return std::string(text);
    any = any || c.codepoint >= 0x80;
    bytes += static_cast<char>(c.codepoint);
    at += c.bytes;
  }
  if (!any || !simdjson::validate_utf8(bytes.data(), bytes.size())) return std::string(text);
  return bytes;
}

std::string plain_entities(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const auto* found = std::find_if(std::begin(kEntities), std::end(kEntities),
                                     [&](const auto& entity) { return text.substr(i).starts_with(entity.first); });
    const bool entity = text[i] == '&' && found != std::end(kEntities);
    out += entity ? found->second : text[i];
    i += entity ? found->first.size() : 1;
  }
  return out;
}

}  // namespace persea::read
