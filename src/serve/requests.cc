#include "serve/requests.h"

#include "serve/request_body.h"

namespace persea {
namespace {

constexpr size_t kMostPrompts = 2048;

// Tools and the schema as they were written, with their keys in order: templates print them, and answers follow them.
void keep_order(std::string_view body, Conversation& conversation) {
  if (conversation.tools.empty()) return;
  const auto document = parse_ordered(body);
  if (!document) return;
  for (size_t i = 0; i < conversation.tools.size(); ++i) {
    const OrderedJson& tool = document->at("tools").at(i);
    if (tool.contains("function")) conversation.tools[i].definition = tool;
  }
}

void keep_order(std::string_view body, TextFormat& format) {
  if (format.kind != TextFormat::Kind::json_schema) return;
  if (const auto document = parse_ordered(body))
    format.schema = document->at("response_format").at("json_schema").at("schema").dump();
}

std::vector<int32_t> read_ids(const FieldReader& request, std::string_view name, const Json& list) {
  std::vector<int32_t> ids;
  ids.reserve(list.size());
  for (const Json& id : list) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() > std::numeric_limits<int32_t>::max()) {
      request.refuse(name, "must be a text, a list of texts, a list of token ids, or a list of such lists",
                     "invalid_type");
      return {};
    }
    ids.push_back(id.get<int32_t>());
  }
  return ids;
}

// A text, texts, ids, or lists of ids.
std::vector<PromptInput> read_prompts(const FieldReader& request, std::string_view name) {
  const Json* value = request.find(name);
  if (!value) {
    request.refuse(name, "is missing", "missing_required_parameter");
    return {};
  }
  if (value->is_string()) return {value->get<std::string>()};
  if (!value->is_array() || value->empty()) {
    request.refuse(name, "must be a text, a list of texts, a list of token ids, or a list of such lists",
                   "invalid_type");
    return {};
  }
  if (value->front().is_number()) return {read_ids(request, name, *value)};
  std::vector<PromptInput> prompts;
  const Json* list = request.array(name, kMostPrompts);
  for (size_t i = 0; list && i < list->size() && !request.failed(); ++i) {
    const Json& one = (*list)[i];
    if (one.is_string()) {
      prompts.emplace_back(one.get<std::string>());
    } else if (one.is_array()) {
      prompts.emplace_back(read_ids(request, fmt::format("{}[{}]", name, i), one));
    } else {
      request.refuse(fmt::format("{}[{}]", name, i), "must be a text or a list of token ids", "invalid_type");
    }
  }
  return prompts;
}

void read_max_tokens(const FieldReader& request, std::initializer_list<const char*> names, WritingOptions& options) {
  for (const char* name : names) {
    if (request.find(name)) options.max_tokens = request.integer(name, 1, 1);
  }
}

}  // namespace

Parsed<ChatRequest> parse_chat_request(std::string_view body) {
  return parse_request<ChatRequest>(body, [&](const FieldReader& reader, ChatRequest& request) {
    request.conversation = read_conversation(reader);
    if (reader.failed()) return;
    request.format = read_response_format(reader);
    request.options = read_writing_options(reader);
    read_max_tokens(reader, {"max_tokens", "max_completion_tokens"}, request.options);
    request.options.logprobs = reader.flag("logprobs", false);
    request.options.likeliest = reader.integer("top_logprobs", 0, 0, kMostLikeliest);
    if (request.options.likeliest > 0 && !request.options.logprobs) {
      reader.refuse("top_logprobs", "has a meaning only with \"logprobs\": true");
    }
    if (const Json* modalities = reader.array("modalities", 8)) {
      for (const Json& modality : *modalities) {
        if (modality != "text") reader.refuse("modalities", "only \"text\" is written here", "unsupported_value");
      }
    }
    if (reader.find("audio")) reader.refuse("audio", "only text is written here", "unsupported_value");
    if (reader.failed()) return;
    keep_order(body, request.conversation);
    keep_order(body, request.format);
  });
}

Parsed<CompletionRequest> parse_completion_request(std::string_view body) {
  return parse_request<CompletionRequest>(body, [&](const FieldReader& reader, CompletionRequest& request) {
    constexpr int64_t kUsualTokens = 16;  // where the request says nothing
    request.prompts = read_prompts(reader, "prompt");
    request.format = read_response_format(reader);
    request.options = read_writing_options(reader);
    request.options.max_tokens = kUsualTokens;
    if (reader.find("max_tokens")) request.options.max_tokens = reader.integer("max_tokens", kUsualTokens, 0);
    if (reader.find("logprobs")) {
      request.options.logprobs = true;
      request.options.likeliest = reader.integer("logprobs", 0, 0, kMostLikeliest);
    }
    request.echo = reader.flag("echo", false);
    if (request.echo && request.options.logprobs) {
      reader.refuse("echo", "the prompt's own logprobs are not computed here: leave out echo or logprobs",
                    "unsupported_value");
    }
    if (*request.options.max_tokens == 0 && !request.echo) {
      reader.refuse("max_tokens", "is 0: nothing would be written");
    }
    if (reader.find("suffix") && reader.text("suffix") != "") {
      reader.refuse("suffix", "these models write on from a prompt, not between two", "unsupported_value");
    }
    const int64_t best_of = reader.integer("best_of", request.options.choices, 1, kMostChoices);
    if (best_of != request.options.choices) {
      reader.refuse("best_of", "has to equal n: all that is written is returned", "unsupported_value");
    }
    if (static_cast<int64_t>(request.prompts.size()) * request.options.choices > static_cast<int64_t>(kMostPrompts)) {
      reader.refuse("n", fmt::format("n times the prompts is more than {}", kMostPrompts));
    }
    if (!reader.failed()) keep_order(body, request.format);
  });
}

Parsed<EmbeddingsRequest> parse_embeddings_request(std::string_view body) {
  return parse_request<EmbeddingsRequest>(body, [](const FieldReader& reader, EmbeddingsRequest& request) {
    request.inputs = read_prompts(reader, "input");
    request.base64 = reader.word("encoding_format", {"float", "base64"}) == "base64";
    request.user = reader.text("user");
    if (reader.find("dimensions")) {
      reader.refuse("dimensions", "a model's embeddings have one size here: leave it out", "unsupported_value");
    }
  });
}

Parsed<TokenizeRequest> parse_tokenize_request(std::string_view body) {
  return parse_request<TokenizeRequest>(body, [&](const FieldReader& reader, TokenizeRequest& request) {
    request.add_special = reader.flag("add_special_tokens", reader.flag("add_special", true));
    if (reader.find("messages")) {
      request.conversation = read_conversation(reader);
      if (!reader.failed()) keep_order(body, *request.conversation);
      return;
    }
    request.text = reader.find("content") ? reader.text("content") : reader.required_text("prompt");
  });
}

Parsed<DetokenizeRequest> parse_detokenize_request(std::string_view body) {
  return parse_request<DetokenizeRequest>(body, [](const FieldReader& reader, DetokenizeRequest& request) {
    const Json* tokens = reader.array("tokens", size_t{1} << 22);
    if (!tokens) return reader.refuse("tokens", "is missing", "missing_required_parameter");
    for (const Json& id : *tokens) {
      if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() > std::numeric_limits<int32_t>::max()) {
        return reader.refuse("tokens", "must be a list of token ids", "invalid_type");
      }
      request.tokens.push_back(id.get<int32_t>());
    }
  });
}

}  // namespace persea
