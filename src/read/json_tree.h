// Texts of JSON that does not have them simply at its top: nested objects, conversations of every program that exports
// them (chat_text.h), pairs of question and answer, notebooks.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "read/decode_forms.h"

namespace persea::read {

// Whether a field of this name holds a conversation, of which an object's other fields only tell.
bool is_conversation_key(std::string_view key);

// Whether fields of these names together are a question and what it was answered.
bool is_pair(const std::vector<std::string>& names);

// Whether a JSON object, as it stands, is a message such as chats are lists of without an object around them (Slack's).
bool is_lone_message(std::string_view object);

// A field that tells of a text, as Document has it; "" where it is too long for one.
std::string told_field(std::string_view value);

void decode_json_tree(const simdjson::dom::element& value, DocumentSink& sink);

}  // namespace persea::read
