// Texts of JSON that does not have them at its top: nested objects, conversations, pairs of question and answer.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "read/decode_forms.h"

namespace persea::read {

// Whether a field of this name holds a conversation, of which an object's other fields only tell.
bool is_conversation_key(std::string_view key);

// A field that tells of a text, as Document has it; "" where it is too long for one.
std::string told_field(std::string_view value);

void decode_json_tree(const simdjson::dom::element& value, DocumentSink& sink);

}  // namespace persea::read
