#include "read/json_tree.h"

namespace persea::read {

bool is_conversation_key(std::string_view key) {
  return key == "messages" || key == "mapping" || key == "chat_messages" || key == "conversations" ||
         key == "conversation";
}

void decode_json_tree(const simdjson::dom::element&, DocumentSink& sink) { sink.skip("", "has no text"); }

}  // namespace persea::read
