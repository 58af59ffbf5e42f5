// What a model itself says about conversations: its chat templates and the texts of its first, last and other named
// tokens, as tokenizer_config.json, chat_template.jinja and GGUF's metadata hold them. Templates are kept as they come;
// nothing is parsed or run here.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "text/tokenizer.h"

namespace persea {

struct ChatForm {
  std::vector<std::pair<std::string, std::string>> templates;  // name and source; the usual one is "default"
  std::map<std::string, std::string> tokens;                   // "bos_token", "eos_token", ...: their texts

  // The source under `name`; nullptr where there is none.
  const std::string* find(std::string_view name = "default") const;
  bool operator==(const ChatForm&) const = default;
};

// The form of the lab's own chat models (chat_template.h) where the tokenizer has its control tokens; else only the
// tokens it has.
ChatForm lab_chat_form(const Tokenizer& tokenizer);
// Whether the conversations of a model with this form and tokenizer are those of chat_template.h.
bool is_lab_chat(const ChatForm& form, const Tokenizer& tokenizer);

// From a model directory: tokenizer_config.json and chat_template.jinja, which is preferred. Neither has to be there.
Result<ChatForm> load_chat_form(const std::filesystem::path& dir);
// From the text of a tokenizer_config.json; `where` stands in messages.
Result<ChatForm> chat_form_from_json(const Json& config, std::string_view where);
// From a GGUF file's metadata, and the reverse (without the ids of the tokens, which the model's own part has).
Result<ChatForm> chat_form_from_gguf(const std::map<std::string, Json>& metadata, std::string_view where);
std::vector<std::pair<std::string, Json>> gguf_from_chat_form(const ChatForm& form);

// The content of tokenizer_config.json, by which `transformers` loads the directory's tokenizer.json. `max_tokens`: the
// model's context.
std::string tokenizer_config_json(const ChatForm& form, int max_tokens);

}  // namespace persea
