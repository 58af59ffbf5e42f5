#include "serve/served_model.h"

#include <algorithm>
#include <chrono>
#include <system_error>

#include "base/hash.h"

namespace persea {
namespace {

int64_t seconds_of(const std::filesystem::path& path) {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(path, error);
  if (error) return 0;
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::file_clock::to_sys(time).time_since_epoch())
      .count();
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

Result<std::unique_ptr<ServedModel>> ServedModel::load(const ModelSource& source, const SchedulerOptions& options,
                                                       std::optional<WeightType> weights, bool chat) {
  PERSEA_TRY(TextModel text, TextModel::load(source.path));
  if (!chat) text.chat.templates.clear();
  PERSEA_TRY(ChatPrompt prompt, ChatPrompt::create(text, source.name));
  PERSEA_TRY(std::string digest, model_digest(source.path));
  return std::make_unique<ServedModel>(source, std::move(text), std::move(prompt), std::move(digest), options, weights);
}

ServedModel::ServedModel(ModelSource source, TextModel text, ChatPrompt chat, std::string digest,
                         const SchedulerOptions& options, std::optional<WeightType> weights)
    : source_(std::move(source)),
      text_(std::move(text)),
      config_(text_.model->config()),
      chat_(std::move(chat)),
      digest_(std::move(digest)),
      created_(seconds_of(source_.path)),
      constraints_(text_.tokenizer),
      // Packed in any case: only so is a text the same whatever else is in a pass (see WeightMatrix).
      scheduler_(
          std::make_unique<Scheduler>(DecoderWeights::of(*text_.model, weights.value_or(WeightType::f32)), options)) {
  text_.model.reset();
}

}  // namespace persea
