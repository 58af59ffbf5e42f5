#include "text/chat_form.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "base/file.h"
#include "text/bpe_train.h"
#include "text/chat_template.h"

namespace persea {
namespace {

constexpr const char* kDefault = "default";
// What transformers hands to a template beside the conversation.
constexpr std::array<const char*, 7> kTokenNames = {"bos_token", "eos_token", "unk_token", "sep_token",
                                                    "pad_token", "cls_token", "mask_token"};

bool has_lab_tokens(const Tokenizer& tokenizer) {
  const auto names = chat_special_tokens();
  return std::all_of(names.begin(), names.end(), [&](const auto& name) { return tokenizer.special(name).has_value(); });
}

// A template's name becomes a key of GGUF's metadata.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
}

Status add_templates(const Json& value, std::string_view where, ChatForm& form) {
  if (value.is_null()) return {};
  if (value.is_string()) {
    form.templates.emplace_back(kDefault, value.get<std::string>());
    return {};
  }
  const Error wrong = fail("{}: chat_template must be a text, or a list of objects with a name and a template", where);
  if (!value.is_array()) return wrong;
  for (const Json& one : value) {
    if (!one.is_object() || !one.value("name", Json()).is_string() || !one.value("template", Json()).is_string())
      return wrong;
    const std::string name = one.at("name");
    if (!is_name(name)) return fail("{}: chat_template: {} is no name of a template", where, one.at("name").dump());
    if (form.find(name)) return fail("{}: chat_template has two templates named {}", where, name);
    form.templates.emplace_back(name, one.at("template"));
  }
  return {};
}

}  // namespace

const std::string* ChatForm::find(std::string_view name) const {
  for (const auto& [own, source] : templates) {
    if (own == name) return &source;
  }
  return nullptr;
}

ChatForm lab_chat_form(const Tokenizer& tokenizer) {
  ChatForm form;
  if (tokenizer.special(kEndOfText)) form.tokens["bos_token"] = form.tokens["eos_token"] = kEndOfText;
  if (has_lab_tokens(tokenizer)) {
    form.tokens["eos_token"] = kEndOfTurn;
    form.templates.emplace_back(kDefault, chat_template_jinja());
  }
  return form;
}

bool is_lab_chat(const ChatForm& form, const Tokenizer& tokenizer) {
  const std::string* source = form.find();
  return has_lab_tokens(tokenizer) && (!source || *source == chat_template_jinja());
}

Result<ChatForm> chat_form_from_json(const Json& config, std::string_view where) {
  if (!config.is_object()) return fail("{}: must be an object", where);
  ChatForm form;
  PERSEA_CHECK(add_templates(config.value("chat_template", Json()), where, form));
  for (const char* name : kTokenNames) {
    const Json token = config.value(name, Json());
    const Json text = token.is_object() ? token.value("content", Json()) : token;
    if (text.is_string()) form.tokens[name] = text;
    if (!text.is_string() && !token.is_null()) return fail("{}: {} must be a token's text", where, name);
  }
  return form;
}

Result<ChatForm> load_chat_form(const std::filesystem::path& dir) {
  ChatForm form;
  std::error_code error;
  if (const auto path = dir / "tokenizer_config.json"; std::filesystem::exists(path, error)) {
    PERSEA_TRY(const Json config, read_json(path));
    PERSEA_TRY(form, chat_form_from_json(config, path.string()));
  }
  if (const auto path = dir / "chat_template.jinja"; std::filesystem::exists(path, error)) {
    PERSEA_TRY(std::string source, read_file(path));
    std::erase_if(form.templates, [](const auto& named) { return named.first == kDefault; });
    form.templates.emplace(form.templates.begin(), kDefault, std::move(source));
  }
  return form;
}

Result<ChatForm> chat_form_from_gguf(const std::map<std::string, Json>& metadata, std::string_view where) {
  constexpr std::string_view kTemplate = "tokenizer.chat_template";
  ChatForm form;
  for (const auto& [key, value] : metadata) {
    if (key != kTemplate && !key.starts_with(std::string(kTemplate) + ".")) continue;
    if (!value.is_string()) return fail("{}: {} must be a text", where, key);
    std::string name = key == kTemplate ? kDefault : key.substr(kTemplate.size() + 1);
    if (!is_name(name) || form.find(name)) return fail("{}: {} names no template, or one that is there", where, key);
    form.templates.emplace_back(std::move(name), value);
  }
  const auto tokens = metadata.find("tokenizer.ggml.tokens");
  for (const auto& [name, key] : {std::pair{"bos_token", "tokenizer.ggml.bos_token_id"},
                                  {"eos_token", "tokenizer.ggml.eos_token_id"},
                                  {"unk_token", "tokenizer.ggml.unknown_token_id"},
                                  {"pad_token", "tokenizer.ggml.padding_token_id"}}) {
    const auto id = metadata.find(key);
    if (id == metadata.end() || tokens == metadata.end() || !id->second.is_number_unsigned()) continue;
    if (id->second.get<uint64_t>() >= tokens->second.size())
      return fail("{}: {} is no token of its vocabulary", where, key);
    const Json& text = tokens->second[id->second.get<size_t>()];
    if (text.is_string()) form.tokens[name] = text;
  }
  return form;
}

std::vector<std::pair<std::string, Json>> gguf_from_chat_form(const ChatForm& form) {
  std::vector<std::pair<std::string, Json>> metadata;
  for (const auto& [name, source] : form.templates) {
    metadata.emplace_back(name == kDefault ? "tokenizer.chat_template" : "tokenizer.chat_template." + name, source);
  }
  return metadata;
}

std::string tokenizer_config_json(const ChatForm& form, int max_tokens) {
  Json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                 {"clean_up_tokenization_spaces", false},
                 {"model_max_length", max_tokens}};
  for (const auto& [name, text] : form.tokens) config[name] = text;
  if (form.templates.size() == 1 && form.templates[0].first == kDefault) {
    config["chat_template"] = form.templates[0].second;
  } else {
    for (const auto& [name, source] : form.templates) {
      config["chat_template"].push_back({{"name", name}, {"template", source}});
    }
  }
  return config.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace persea
