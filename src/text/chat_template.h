// How a conversation becomes tokens: one format for training, evaluation and serving, and the same format as a Jinja
// template for other programs. It refuses to run templates: a model made elsewhere with other control tokens is no chat
// model here.
//
//   <|endoftext|><|user|>\nHello<|end|>\n<|assistant|>\nHi there.<|end|>\n
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/tokenizer.h"

namespace persea {

struct ChatMessage {
  std::string role;  // system, user or assistant
  std::string content;
};

struct ChatTokens {
  std::vector<int32_t> ids;
  std::vector<uint8_t> answer;  // of each id: 1 where it is the assistant's own (its text and <|end|>), which it learns
};

// The conversation as text. White space around a message is cut off. `ask`: ends with the head of the assistant's turn.
Result<std::string> chat_text(std::span<const ChatMessage> messages, bool ask);

// The conversation as ids: those of encode_with_specials(chat_text()), except that the name of a control token inside a
// message is common text here, so that nobody can speak with another's voice.
// Errors: an unknown role; a tokenizer without the control tokens.
Result<ChatTokens> encode_chat(const Tokenizer& tokenizer, std::span<const ChatMessage> messages, bool ask);

// chat_text() as a Jinja template, for other programs.
std::string_view chat_template_jinja();

}  // namespace persea
