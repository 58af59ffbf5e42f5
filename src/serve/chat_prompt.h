// How one model is spoken to: a conversation as the ids of its prompt, and how its calls of tools are told from text.
// The lab's own models have one format (text/chat_template.h); others bring a template, which is parsed when the model
// is loaded and given guarded text, so that no message holds control tokens. A model without either takes no chat.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eval/text_model.h"
#include "serve/call_text.h"
#include "serve/conversation.h"
#include "text/jinja.h"
#include "text/text_guard.h"

namespace persea {

class ChatPrompt {
 public:
  // Fails where the model's template cannot be parsed; `where` names the model.
  static Result<ChatPrompt> create(const TextModel& model, std::string_view where);

  bool can_chat() const { return lab_ || !templates_.empty(); }
  CallFormat call_format() const { return call_format_; }
  const std::vector<int32_t>& stop_tokens() const { return stop_; }
  // Tokens that are control tokens to the tokenizer and yet part of what is read: <think> and </think>, and the marks
  // of calls.
  const std::vector<int32_t>& kept_tokens() const { return kept_; }

  // The prompt, ending where the assistant begins. Errors: what the template says of a conversation that it does not
  // take (roles that do not take turns, as a rule).
  Result<std::vector<int32_t>> encode(const Conversation& conversation) const;

 private:
  explicit ChatPrompt(const TextModel& model) : tokenizer_(model.tokenizer), guard_(model.tokenizer) {}
  Result<std::vector<int32_t>> encode_lab(const Conversation& conversation) const;
  Result<std::vector<int32_t>> render(const Conversation& conversation) const;

  Tokenizer tokenizer_;
  TextGuard guard_;
  bool lab_ = false;
  std::map<std::string, ChatTemplate> templates_;
  bool knows_tools_ = false;  // the template prints them itself
  std::map<std::string, std::string> tokens_;
  CallFormat call_format_ = CallFormat::tagged;
  std::vector<int32_t> stop_, kept_;
};

// Puts what an assistant thought (`reasoning_content`, `thinking` or `reasoning` of a message) under the first two of
// these names, as transformers does: templates look for one or the other.
void name_thoughts(OrderedJson& message);
// What a model is told of tools where its template says nothing of them; "" where there are none to call.
std::string tools_instructions(const Conversation& conversation);
// The conversation in the three roles that every model knows: tools in the system message, calls and answers as text.
Conversation without_tools(const Conversation& conversation);

}  // namespace persea
