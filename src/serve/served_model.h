// A model that is served: its weights at work in a scheduler, its tokenizer, its way of chatting, and what is known of
// where it comes from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eval/text_model.h"
#include "infer/scheduler.h"
#include "serve/chat_prompt.h"
#include "serve/constraints.h"
#include "serve/draft.h"
#include "serve/waiting_room.h"

namespace persea {

struct ModelSource {
  std::string name = {};            // what requests call it
  std::filesystem::path path = {};  // a directory or a GGUF file
  std::string artifact = {};        // its id in the lab, or ""
};

struct ServingOptions {
  SchedulerOptions scheduling = {};          // `waiting` counts requests, whatever texts they ask for
  std::optional<WeightType> weights = {};    // packed in this type; nothing: as the model's file has them
  std::optional<KvPool::Format> cache = {};  // nothing: f32 beside f32 weights, else f16
  bool chat = true;                          // else its chat template is left alone
  DraftSource draft = {};
  kernels::DeviceChoice device = {};  // of the model and of one that guesses for it
};

class ServedModel {
 public:
  static Result<std::unique_ptr<ServedModel>> load(const ModelSource& source, const ServingOptions& options);
  // From parts in memory, `weights` packed and where they are to run; guesses are made by the scheduling's drafter
  // alone.
  ServedModel(ModelSource source, TextModel text, DecoderWeights weights, ChatPrompt chat, std::string digest,
              const ServingOptions& options);

  const std::string& name() const { return source_.name; }
  const std::string& artifact() const { return source_.artifact; }
  const std::string& digest() const { return digest_; }  // SHA-256 of the files that it was read from
  int64_t created() const { return created_; }           // seconds since 1970
  const Tokenizer& tokenizer() const { return text_.tokenizer; }
  // Of a prompt that is no chat: see TextModel::prompt. And the ids that end such a text.
  std::vector<int32_t> prompt(std::string_view text) const { return text_.prompt(text); }
  const std::vector<int32_t>& end_tokens() const { return text_.roles.end; }
  const ChatPrompt& chat() const { return chat_; }
  const ModelConfig& config() const { return config_; }
  WeightType weights() const { return weights_; }
  Device device() const { return device_; }
  Scheduler& scheduler() { return *scheduler_; }
  WaitingRoom& waiting_room() { return waiting_room_; }  // whoever submits has a place in it
  void stop() { scheduler_.reset(); }                    // ends all requests; there is no scheduler any more
  Constraints& constraints() { return constraints_; }
  std::string fingerprint() const { return "persea_" + digest_.substr(0, 10); }

 private:
  ModelSource source_;
  TextModel text_;  // without its weights: the scheduler has them packed
  ModelConfig config_;
  WeightType weights_;
  Device device_;
  ChatPrompt chat_;
  std::string digest_;
  int64_t created_;
  Constraints constraints_;
  WaitingRoom waiting_room_;
  std::unique_ptr<Scheduler> scheduler_;
};

// SHA-256 over a model's files: what it is, whatever it is called.
Result<std::string> model_digest(const std::filesystem::path& path);

}  // namespace persea
