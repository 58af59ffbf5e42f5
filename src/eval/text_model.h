// A model with its tokenizer, as a Hugging Face model directory or a GGUF file holds them, and text written by it:
// prompts, chats, streams and stop strings. What a token is to the model is infer's business.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eval/file_weights.h"
#include "infer/generate.h"
#include "nn/model_files.h"
#include "text/chat_form.h"
#include "text/tokenizer.h"

namespace persea {

struct TextModel {
  std::unique_ptr<Model> model;
  Tokenizer tokenizer;
  TokenRoles roles;
  ChatForm chat = {};
  WeightType weights = WeightType::f32;  // as its file keeps them; the model's own are f32

  // Reads a directory's model, tokenizer.json, the ids that begin and end a text and the chat templates, or all of it
  // out of a GGUF file; fails where the tokenizer has more tokens than the model. Templates are not parsed here.
  static Result<TextModel> load(const std::filesystem::path& place);

  // A text to be gone on with: the beginning token where the model has one, then the text. The names of special tokens
  // in it are those tokens, so that whoever owns the program can write any format; text of strangers goes through a
  // chat.
  std::vector<int32_t> prompt(std::string_view text) const;
};

// The model's weights for a Decoder: on the CPU in place, on a GPU packed as its file keeps them.
Result<DecoderWeights> weights_for(const TextModel& model, const kernels::DeviceChoice& choice);

// The ids that end an assistant's message, of those that the tokenizer has: <|end|> and <|endoftext|>.
std::vector<int32_t> chat_stop_tokens(const Tokenizer& tokenizer);

struct TextOptions {
  GenerateOptions tokens;
  std::vector<std::string> stop = {};  // strings that end the text; not part of it
};

struct WrittenText {
  std::string text;
  int64_t tokens = 0;                          // written, the last perhaps only in part
  StopReason reason = StopReason::max_tokens;  // stop_token for a stop string too
};

// Writes on from `prompt`. `sink` hears of text as it comes (whole characters, nothing of a stop string) and ends it by
// returning false. Special tokens that are not stop tokens are left out of the text.
Result<WrittenText> write_text(Session& session, const Tokenizer& tokenizer, std::span<const int32_t> prompt,
                               const TextOptions& options, const std::function<bool(std::string_view text)>& sink = {});

}  // namespace persea
