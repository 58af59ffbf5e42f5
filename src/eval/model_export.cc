#include "eval/model_export.h"

#include "nn/gguf_model.h"
#include "text/tokenizer_gguf.h"

namespace persea {
namespace {

// Other programs take the vocabulary's size from its tokens: those that only the model has are unused ones.
void fill_up(std::vector<std::pair<std::string, Json>>& tokenizer, size_t vocab) {
  constexpr int kUnused = 5;
  for (auto& [key, list] : tokenizer) {
    if (!list.is_array() || key == "tokenizer.ggml.merges") continue;
    while (list.size() < vocab) {
      if (key == "tokenizer.ggml.tokens") {
        list.push_back(fmt::format("[unused {}]", list.size()));
      } else if (key == "tokenizer.ggml.scores") {
        list.push_back(0.0);
      } else {
        list.push_back(kUnused);
      }
    }
  }
}

}  // namespace

Status export_gguf(const TextModel& model, const std::filesystem::path& path, BlockType type) {
  PERSEA_TRY(GgufContent content, gguf_content(*model.model, model.roles, type));
  PERSEA_TRY(auto tokenizer, gguf_from_tokenizer(model.tokenizer));
  fill_up(tokenizer, static_cast<size_t>(model.model->config().vocab));
  content.metadata.insert(content.metadata.end(), tokenizer.begin(), tokenizer.end());
  const auto chat = gguf_from_chat_form(model.chat);
  content.metadata.insert(content.metadata.end(), chat.begin(), chat.end());
  return write_gguf(path, content.metadata, content.tensors);
}

Status export_hugging_face(const Model& model, const Tokenizer& tokenizer, const TokenRoles& roles,
                           const ChatForm& chat, const std::filesystem::path& dir) {
  PERSEA_CHECK(save_model(model, dir, roles));
  PERSEA_CHECK(tokenizer.save(dir / "tokenizer.json"));
  return write_file(dir / "tokenizer_config.json",
                    tokenizer_config_json(chat, static_cast<int>(model.config().context)) + '\n');
}

}  // namespace persea
