// Conversations as programs export them, as text: "Name: what was said", an empty line between messages. Exports of
// ChatGPT and Claude, lists of messages with roles, Telegram, Discord, Slack, Facebook and Instagram.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "read/decode_forms.h"

namespace persea::read {

struct ChatMessage {
  std::string from, date, text;  // text: UTF-8, not normalized
};

// The messages of an object that holds a conversation in a field that is_conversation_key() knows, in their order;
// empty where it holds none.
std::vector<ChatMessage> read_conversation(const simdjson::dom::object& object);

// Adds the conversation as documents, cut between messages where it is too long. Messages without text are left out.
void add_conversation(const std::vector<ChatMessage>& messages, std::string_view place, const std::string& title,
                      DocumentSink& sink);

// Facebook writes each byte of UTF-8 as a character of its own: "cafÃ©" for "café". `text` with that undone where it is
// so throughout, else as it is.
std::string mend_latin(std::string_view text);

// "&amp;" and its like, as JSON exports of Slack and Twitter have them.
std::string plain_entities(std::string_view text);

}  // namespace persea::read
