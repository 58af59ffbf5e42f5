#include "eval/import_stage.h"

#include <system_error>

#include "base/hash.h"
#include "eval/model_export.h"
#include "nn/gguf.h"

namespace persea {
namespace {

constexpr int kVersion = 2;  // 2: keeps the model's own chat template

// Of a directory, what a model is read from.
bool belongs(const std::filesystem::path& file) {
  return file.extension() == ".safetensors" || file.extension() == ".json" || file.extension() == ".jinja";
}

}  // namespace

Result<Json> source_digests(const std::filesystem::path& source) {
  std::error_code error;
  if (!std::filesystem::is_directory(source, error)) {
    PERSEA_TRY(const Gguf file, Gguf::open(source));
    Json digests = Json::array();
    for (const std::filesystem::path& part : file.files()) {
      PERSEA_TRY(std::string digest, sha256_file(part));
      digests.push_back(std::move(digest));
    }
    return digests.size() == 1 ? digests[0] : digests;
  }
  Json digests = Json::object();
  for (const auto& entry : std::filesystem::directory_iterator(source, error)) {
    if (!belongs(entry.path())) continue;
    PERSEA_TRY(digests[entry.path().filename().string()], sha256_file(entry.path()));
  }
  if (error) return fail("{}: cannot read the folder: {}", source.string(), error.message());
  return digests;
}

Result<StageResult> run_import_stage(Lab& lab, const std::filesystem::path& source) {
  StageSpec spec;
  spec.kind = "model";
  spec.version = kVersion;
  PERSEA_TRY(Json digest, source_digests(source));
  spec.settings = {{"import", std::move(digest)}};
  return lab.run(spec, [&](StageContext& context) -> Status {
    PERSEA_TRY(const TextModel model, TextModel::load(source));
    PERSEA_CHECK(export_hugging_face(*model.model, model.tokenizer, model.roles, model.chat, context.out()));
    context.fact("parameters", model.model->config().parameters());
    context.fact("source", source.string());
    return {};
  });
}

}  // namespace persea
