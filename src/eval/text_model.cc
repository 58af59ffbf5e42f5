#include "eval/text_model.h"

#include <utility>

#include "eval/stop_strings.h"
#include "nn/gguf_model.h"
#include "text/bpe_train.h"
#include "text/streaming_decoder.h"
#include "text/tokenizer_gguf.h"

namespace persea {

namespace {

Result<TextModel> load_gguf(const std::filesystem::path& path) {
  PERSEA_TRY(const Gguf file, Gguf::open(path));
  PERSEA_TRY(Tokenizer tokenizer, tokenizer_from_gguf(file.metadata(), file.where()));
  PERSEA_TRY(TokenRoles roles, gguf_token_roles(file));
  PERSEA_TRY(ChatForm chat, chat_form_from_gguf(file.metadata(), file.where()));
  PERSEA_TRY(std::unique_ptr<Model> model, load_gguf_model(file));
  if (tokenizer.vocab_size() > model->config().vocab) {
    return fail("{}: its tokenizer has {} tokens, its model {}", file.where(), tokenizer.vocab_size(),
                model->config().vocab);
  }
  return TextModel{std::move(model), std::move(tokenizer), std::move(roles), std::move(chat), weights_of(file)};
}

Result<TextModel> load_directory(const std::filesystem::path& dir) {
  PERSEA_TRY(Tokenizer tokenizer, Tokenizer::load(dir / "tokenizer.json"));
  PERSEA_TRY(const ModelConfig config, load_config(dir));
  if (tokenizer.vocab_size() > config.vocab) {
    return fail("{}: tokenizer.json has {} tokens, config.json {}: they do not belong together", dir.string(),
                tokenizer.vocab_size(), config.vocab);
  }
  PERSEA_TRY(TokenRoles roles, load_token_roles(dir));
  PERSEA_TRY(ChatForm chat, load_chat_form(dir));
  PERSEA_TRY(std::unique_ptr<Model> model, load_model(dir));
  return TextModel{std::move(model), std::move(tokenizer), std::move(roles), std::move(chat), weights_of(dir)};
}

}  // namespace

Result<TextModel> TextModel::load(const std::filesystem::path& place) {
  std::error_code error;
  return std::filesystem::is_regular_file(place, error) ? load_gguf(place) : load_directory(place);
}

std::vector<int32_t> TextModel::prompt(std::string_view text) const {
  std::vector<int32_t> ids;
  if (roles.begin) ids.push_back(*roles.begin);
  tokenizer.encode_with_specials(text, ids);
  return ids;
}

Result<DecoderWeights> weights_for(const TextModel& model, const kernels::DeviceChoice& choice) {
  if (choice.device == cpu_device) return DecoderWeights::of(*model.model);
  PERSEA_TRY(DecoderWeights weights, on_device(DecoderWeights::of(*model.model, model.weights), choice));
  return weights.device == cpu_device ? DecoderWeights::of(*model.model) : std::move(weights);
}

std::vector<int32_t> chat_stop_tokens(const Tokenizer& tokenizer) {
  std::vector<int32_t> ids;
  for (const std::string_view name : {kEndOfTurn, kEndOfText}) {
    if (const auto id = tokenizer.special(name)) ids.push_back(*id);
  }
  return ids;
}

Result<WrittenText> write_text(Session& session, const Tokenizer& tokenizer, std::span<const int32_t> prompt,
                               const TextOptions& options, const std::function<bool(std::string_view)>& sink) {
  StreamingDecoder decoder(tokenizer);
  StopStrings stops(options.stop);
  WrittenText written;
  const auto show = [&](const std::string& text) {
    written.text += text;
    return text.empty() || !sink || sink(text);
  };
  const auto on_token = [&](int32_t token) {
    ++written.tokens;
    return show(stops.feed(decoder.push(token))) && !stops.stopped();
  };
  PERSEA_TRY(const Generation generation, session.generate(prompt, options.tokens, on_token));
  written.reason = stops.stopped() ? StopReason::stop_token : generation.reason;
  if (!stops.stopped()) {
    (void)show(stops.feed(decoder.finish()));
    (void)show(stops.finish());
    if (stops.stopped()) written.reason = StopReason::stop_token;
  }
  return written;
}

}  // namespace persea
