#include "serve/served_model.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <system_error>

#include "base/hash.h"
#include "tensor/storage.h"

namespace persea {
namespace {

int64_t seconds_of(const std::filesystem::path& path) {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(path, error);
  if (error) return 0;
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::file_clock::to_sys(time).time_since_epoch())
      .count();
}

SchedulerOptions scheduling(const ServingOptions& options, WeightType weights) {
  SchedulerOptions scheduling = options.scheduling;
  scheduling.waiting = std::numeric_limits<size_t>::max();  // the waiting room has the bound, by requests
  scheduling.cache_format =
      options.cache.value_or(weights == WeightType::f32 ? KvPool::Format::f32 : KvPool::Format::f16);
  return scheduling;
}

}  // namespace

Result<std::string> model_digest(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return sha256_file(path);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    const auto ending = entry.path().extension();
    if (ending == ".safetensors" || ending == ".json" || ending == ".jinja") files.push_back(entry.path());
  }
  if (error) return fail("{}: cannot read the folder: {}", path.string(), error.message());
  std::sort(files.begin(), files.end());
  Sha256 all;
  for (const auto& file : files) {
    PERSEA_TRY(const std::string digest, sha256_file(file));
    all.update(fmt::format("{} {}\n", file.filename().string(), digest));
  }
  return all.hex();
}

Result<std::unique_ptr<ServedModel>> ServedModel::load(const ModelSource& source, const ServingOptions& given) {
  PERSEA_TRY(TextModel text, TextModel::load(source.path));
  if (!given.chat) text.chat.templates.clear();
  PERSEA_TRY(ChatPrompt prompt, ChatPrompt::create(text, source.name));
  PERSEA_TRY(std::string digest, model_digest(source.path));
  ServingOptions options = given;
  PERSEA_TRY(options.scheduling.drafter, make_drafter(given.draft, text, given.scheduling.cache_tokens, given.device));
  // Packed in any case: only so is a text the same whatever else is in a pass (see WeightMatrix).
  const WeightType type = options.weights.value_or(text.weights);
  PERSEA_TRY(DecoderWeights weights, on_device(DecoderWeights::of(*text.model, type), options.device));
  return std::make_unique<ServedModel>(source, std::move(text), std::move(weights), std::move(prompt),
                                       std::move(digest), options);
}

ServedModel::ServedModel(ModelSource source, TextModel text, DecoderWeights weights, ChatPrompt chat,
                         std::string digest, const ServingOptions& options)
    : source_(std::move(source)),
      text_(std::move(text)),
      config_(weights.config),
      weights_(options.weights.value_or(text_.weights)),
      device_(weights.device),
      chat_(std::move(chat)),
      digest_(std::move(digest)),
      created_(seconds_of(source_.path)),
      constraints_(text_.tokenizer, chat_.kept_tokens()),
      waiting_room_(static_cast<size_t>(options.scheduling.sequences) + options.scheduling.waiting) {
  text_.model.reset();
  release_kept_memory();  // of what was read: the cache's comes next
  scheduler_ = std::make_unique<Scheduler>(std::move(weights), scheduling(options, weights_));
}

}  // namespace persea
