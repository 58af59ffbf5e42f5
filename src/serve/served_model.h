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

namespace persea {

struct ModelSource {
  std::string name = {};            // what requests call it
  std::filesystem::path path = {};  // a directory or a GGUF file
  std::string artifact = {};        // its id in the lab, or ""
};

class ServedModel {
 public:
  // Loads it and packs its weights, in f32 where no other type is named. `chat` false leaves its chat template alone.
  static Result<std::unique_ptr<ServedModel>> load(const ModelSource& source, const SchedulerOptions& options,
                                                   std::optional<WeightType> weights = {}, bool chat = true);
  // From parts in memory, for tests.
  ServedModel(ModelSource source, TextModel text, ChatPrompt chat, std::string digest, const SchedulerOptions& options,
              std::optional<WeightType> weights = {});

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
  Scheduler& scheduler() { return *scheduler_; }
  void stop() { scheduler_.reset(); }  // ends all requests; there is no scheduler any more
  Constraints& constraints() { return constraints_; }
  std::string fingerprint() const { return "persea_" + digest_.substr(0, 10); }

 private:
  ModelSource source_;
  TextModel text_;  // without its weights: the scheduler has them packed
  ModelConfig config_;
  ChatPrompt chat_;
  std::string digest_;
  int64_t created_;
  Constraints constraints_;
  std::unique_ptr<Scheduler> scheduler_;
};

// SHA-256 over a model's files: what it is, whatever it is called.
Result<std::string> model_digest(const std::filesystem::path& path);

}  // namespace persea
