#include "nn/model_files.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "nn/model_pieces.h"
#include "nn/safetensors.h"

namespace persea {
namespace {

constexpr const char* kConfig = "config.json";
constexpr const char* kGeneration = "generation_config.json";
constexpr const char* kWeights = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

// Tensors that some files hold and that say nothing new: RoPE's frequencies, a tied head.
bool redundant(const std::string& name, const ModelConfig& config) {
  return name.ends_with(".rotary_emb.inv_freq") || (config.tied && name == "lm_head.weight");
}

// Of a model with a part that sees pictures: the text's names have one more word before them, the rest is left alone.
constexpr std::string_view kText = "language_model.";
constexpr std::string_view kPictures[] = {"vision_model.", "multi_modal_projector."};

// Where a tensor lies, and how its file calls it.
struct Held {
  const Safetensors* file;
  std::string name;
};

// The tensors of one or several safetensors files.
class FilesSource : public TensorSource {
 public:
  using Holder = std::map<std::string, Held>;
  FilesSource(const ModelConfig& config, const Holder& holder, std::string first)
      : config_(config), holder_(holder), first_(std::move(first)) {}

  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, held] : holder_)
      if (!redundant(name, config_)) names.push_back(name);
    return names;
  }
  const Shape* shape(const std::string& name) const override {
    const auto found = holder_.find(name);
    return found == holder_.end() ? nullptr : &found->second.file->entries().at(found->second.name).shape;
  }
  std::string where(const std::string& name) const override {
    const auto found = holder_.find(name);
    return found == holder_.end() ? first_ : found->second.file->where();
  }
  std::string spelled(const std::string& name) const override {
    const auto found = holder_.find(name);
    return found == holder_.end() ? name : found->second.name;
  }
  Status read(const std::string& name, const Shape& shape, std::span<float> out) const override {
    const Held& held = holder_.at(name);
    return held.file->read(held.name, shape, out);
  }

 private:
  const ModelConfig& config_;
  const Holder& holder_;
  const std::string first_;
};

// The files that hold the weights, in order of their names.
Result<std::vector<std::filesystem::path>> weight_files(const std::filesystem::path& dir) {
  std::error_code error;
  if (std::filesystem::exists(dir / kWeights, error) || !std::filesystem::exists(dir / kIndex, error)) {
    return std::vector{dir / kWeights};
  }
  const std::filesystem::path index = dir / kIndex;
  PERSEA_TRY(const Json json, read_json(index));
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
    return fail("{}: has no object \"weight_map\"", index.string());
  }
  std::set<std::string> names;
  for (const auto& [tensor, file] : json["weight_map"].items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || name.find_first_of("/\\") != std::string::npos || name == "." || name == "..") {
      return fail("{}: weight_map must name files of this folder", index.string());
    }
    names.insert(name);
  }
  std::vector<std::filesystem::path> files;
  for (const std::string& name : names) files.push_back(dir / name);
  return files;
}

Json id_or_null(const std::optional<int32_t>& id) { return id ? Json(*id) : Json(); }
Json ids_or_null(const std::vector<int32_t>& ids) {
  return ids.empty() ? Json() : ids.size() == 1 ? Json(ids[0]) : Json(ids);
}

// null, an id or a list of ids.
Result<std::vector<int32_t>> read_ids(const Json& json, const char* key, std::string_view where) {
  std::vector<int32_t> ids;
  if (!json.is_object() || !json.contains(key) || json[key].is_null()) return ids;
  const Json list = json[key].is_array() ? json[key] : Json::array({json[key]});
  for (const Json& id : list) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > INT32_MAX) {
      return fail("{}: \"{}\" must be a token's id or a list of them", where, key);
    }
    ids.push_back(id.get<int32_t>());
  }
  return ids;
}

}  // namespace

Status save_model(const Model& model, const std::filesystem::path& dir, const TokenRoles& roles) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return fail("{}: cannot make the folder: {}", dir.string(), error.message());

  std::map<std::string, Tensor> parameters = tensors_of(model);
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const ModelPiece& piece : model_pieces(model.config())) {
    tensors.emplace_back(piece.name, file_values(piece, parameters.at(piece.parameter)));
  }
  PERSEA_CHECK(write_safetensors(dir / kWeights, std::move(tensors)));

  Json config = to_hugging_face(model.config());
  Json generation = {{"bos_token_id", id_or_null(roles.begin)}, {"eos_token_id", ids_or_null(roles.end)}};
  // Written even where there is none: transformers' own defaults name ids that mean something else here.
  config.update(generation);
  config["pad_token_id"] = nullptr;
  PERSEA_CHECK(write_file(dir / kConfig, config.dump(2) + "\n"));
  return write_file(dir / kGeneration, generation.dump(2) + "\n");
}

Result<ModelConfig> load_config(const std::filesystem::path& dir) {
  PERSEA_TRY(const Json json, read_json(dir / kConfig));
  return config_from_hugging_face(json, (dir / kConfig).string());
}

Result<std::unique_ptr<Model>> load_model(const std::filesystem::path& dir) {
  PERSEA_TRY(const ModelConfig config, load_config(dir));
  PERSEA_TRY(const std::vector<std::filesystem::path> paths, weight_files(dir));
  std::vector<Safetensors> files;
  FilesSource::Holder holder;
  files.reserve(paths.size());
  for (const std::filesystem::path& path : paths) {
    PERSEA_TRY(Safetensors file, Safetensors::open(path));
    files.push_back(std::move(file));
    for (const auto& [name, entry] : files.back().entries()) {
      std::string_view plain = name;
      if (config.llama4) {
        if (std::any_of(std::begin(kPictures), std::end(kPictures), [&](auto part) { return plain.starts_with(part); }))
          continue;
        if (plain.starts_with(kText)) plain.remove_prefix(kText.size());
      }
      if (!holder.emplace(plain, Held{&files.back(), name}).second)
        return fail("{}: tensor {} is in another file too", path.string(), name);
    }
  }

  return assemble_model(config, kConfig, FilesSource(config, holder, paths[0].string()));
}

Result<TokenRoles> load_token_roles(const std::filesystem::path& dir) {
  TokenRoles roles;
  for (const char* name : {kGeneration, kConfig}) {
    std::error_code error;
    if (!std::filesystem::exists(dir / name, error)) continue;
    PERSEA_TRY(const Json json, read_json(dir / name));
    const std::string where = (dir / name).string();
    PERSEA_TRY(const std::vector<int32_t> begin, read_ids(json, "bos_token_id", where));
    PERSEA_TRY(const std::vector<int32_t> end, read_ids(json, "eos_token_id", where));
    if (!roles.begin && !begin.empty()) roles.begin = begin[0];
    if (roles.end.empty()) roles.end = end;
  }
  return roles;
}

}  // namespace persea
