#include "text/chat_template.h"

#include "text/bpe_train.h"
#include "text/unicode.h"

namespace persea {
namespace {

constexpr std::string_view kJinja =
    "{{ bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' + message['content'] | trim + "
    "'<|end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}";

Status check_role(std::string_view role) {
  if (role == "system" || role == "user" || role == "assistant") return {};
  return fail("unknown role \"{}\" of a message: use system, user or assistant", role);
}

std::string head_of(std::string_view role) { return fmt::format("<|{}|>", role); }

// Without the white space around it, as Python's strip() and so Jinja's `trim` understand it: U+001C to U+001F too.
std::string_view trimmed(std::string_view text) {
  const auto is_space = [](const unicode::Decoded& c) {
    const auto kind = unicode::CharTable::get().at(c.codepoint);
    return kind == unicode::CharClass::space || kind == unicode::CharClass::newline ||
           (c.codepoint >= 0x1c && c.codepoint <= 0x1f);
  };
  const char *begin = text.data(), *end = begin + text.size(), *last = nullptr;
  for (const char* p = begin; p < end;) {
    const unicode::Decoded c = unicode::decode_utf8(p, end);
    p += c.bytes;
    if (is_space(c)) {
      if (!last) begin = p;
    } else {
      last = p;
    }
  }
  return last ? std::string_view(begin, last - begin) : std::string_view();
}

}  // namespace

Result<std::string> chat_text(std::span<const ChatMessage> messages, bool ask) {
  std::string text(kEndOfText);
  for (const ChatMessage& message : messages) {
    PERSEA_CHECK(check_role(message.role));
    text += fmt::format("{}\n{}{}\n", head_of(message.role), trimmed(message.content), kEndOfTurn);
  }
  if (ask) text += head_of("assistant") + "\n";
  return text;
}

Result<ChatTokens> encode_chat(const Tokenizer& tokenizer, std::span<const ChatMessage> messages, bool ask) {
  ChatTokens tokens;
  const auto fill = [&](bool answer) { tokens.answer.resize(tokens.ids.size(), answer); };
  const auto control = [&](std::string_view name) -> Status {
    const auto id = tokenizer.special(name);
    if (!id) return fail("the tokenizer has no token {}: it is not one of a Persea chat model", name);
    tokens.ids.push_back(*id);
    return {};
  };
  PERSEA_CHECK(control(kEndOfText));
  for (const ChatMessage& message : messages) {
    PERSEA_CHECK(check_role(message.role));
    PERSEA_CHECK(control(head_of(message.role)));
    // The line end and the message are one text to the tokenizer, but no word reaches across: the message begins with
    // something that is no white space.
    tokenizer.encode("\n", tokens.ids);
    fill(false);
    tokenizer.encode(trimmed(message.content), tokens.ids);
    PERSEA_CHECK(control(kEndOfTurn));
    fill(message.role == "assistant");
    tokenizer.encode("\n", tokens.ids);
    fill(false);
  }
  if (ask) {
    PERSEA_CHECK(control(head_of("assistant")));
    tokenizer.encode("\n", tokens.ids);
  }
  fill(false);
  return tokens;
}

std::string_view chat_template_jinja() { return kJinja; }

}  // namespace persea
