#include "eval/model_export.h"

#include "nn/gguf_model.h"
#include "text/tokenizer_gguf.h"

namespace persea {

Status export_gguf(const TextModel& model, const std::filesystem::path& path, BlockType type) {
  PERSEA_TRY(GgufContent content, gguf_content(*model.model, model.roles, type));
  PERSEA_TRY(const auto tokenizer, gguf_from_tokenizer(model.tokenizer));
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
