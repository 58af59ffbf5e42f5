#include "nn/model_files.h"

#include <map>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "nn/safetensors.h"

namespace persea {
namespace {

constexpr const char* kConfig = "config.json";
constexpr const char* kGeneration = "generation_config.json";
constexpr const char* kWeights = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

// A tensor of the file: rows [begin, end) of one of the model's parameters, which fuses several of them.
struct Piece {
  std::string name, parameter;
  int64_t begin, end;
  Shape shape;
};

std::vector<Piece> pieces_of(const ModelConfig& c) {
  std::vector<Piece> pieces;
  const auto vector = [&](std::string name, std::string parameter, int64_t size) {
    pieces.push_back({std::move(name), std::move(parameter), 0, size, {size}});
  };
  const auto matrix = [&](std::string name, std::string parameter, int64_t begin, int64_t rows, int64_t columns) {
    pieces.push_back({std::move(name), std::move(parameter), begin, begin + rows, {rows, columns}});
  };
  const int64_t q = c.heads * c.head_dim, kv = c.kv_heads * c.head_dim;
  matrix("model.embed_tokens.weight", "embedding", 0, c.vocab, c.dim);
  for (int64_t i = 0; i < c.layers; ++i) {
    const std::string theirs = fmt::format("model.layers.{}.", i), ours = fmt::format("layers.{}.", i);
    vector(theirs + "input_layernorm.weight", ours + "attention_norm", c.dim);
    matrix(theirs + "self_attn.q_proj.weight", ours + "qkv", 0, q, c.dim);
    matrix(theirs + "self_attn.k_proj.weight", ours + "qkv", q, kv, c.dim);
    matrix(theirs + "self_attn.v_proj.weight", ours + "qkv", q + kv, kv, c.dim);
    if (c.qk_norm) {
      vector(theirs + "self_attn.q_norm.weight", ours + "q_norm", c.head_dim);
      vector(theirs + "self_attn.k_norm.weight", ours + "k_norm", c.head_dim);
    }
    matrix(theirs + "self_attn.o_proj.weight", ours + "o", 0, c.dim, q);
    vector(theirs + "post_attention_layernorm.weight", ours + "mlp_norm", c.dim);
    const bool gated = c.activation == Activation::swiglu;
    if (gated) matrix(theirs + "mlp.gate_proj.weight", ours + "up", 0, c.hidden, c.dim);
    matrix(theirs + "mlp.up_proj.weight", ours + "up", gated ? c.hidden : 0, c.hidden, c.dim);
    matrix(theirs + "mlp.down_proj.weight", ours + "down", 0, c.dim, c.hidden);
  }
  vector("model.norm.weight", "norm", c.dim);
  if (!c.tied) matrix("lm_head.weight", "head", 0, c.vocab, c.dim);
  return pieces;
}

std::map<std::string, Tensor> tensors_of(const Model& model) {
  std::map<std::string, Tensor> tensors;
  for (const Parameter* parameter : model.parameters()) tensors.emplace(parameter->name, parameter->value);
  return tensors;
}

// Tensors that some files hold and that say nothing new: RoPE's frequencies, a tied head.
bool redundant(const std::string& name, const ModelConfig& config) {
  return name.ends_with(".rotary_emb.inv_freq") || (config.tied && name == "lm_head.weight");
}

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
  for (const Piece& piece : pieces_of(model.config())) {
    tensors.emplace_back(piece.name, parameters.at(piece.parameter).slice(piece.begin, piece.end));
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
  std::map<std::string, const Safetensors*> holder;
  files.reserve(paths.size());
  for (const std::filesystem::path& path : paths) {
    PERSEA_TRY(Safetensors file, Safetensors::open(path));
    files.push_back(std::move(file));
    for (const auto& [name, entry] : files.back().entries()) {
      if (!holder.emplace(name, &files.back()).second)
        return fail("{}: tensor {} is in another file too", path.string(), name);
    }
  }

  const std::vector<Piece> pieces = pieces_of(config);
  std::set<std::string> wanted;
  for (const Piece& piece : pieces) {
    const auto found = holder.find(piece.name);
    if (found == holder.end()) {
      return fail("{}: tensor {} is missing; {} asks for it", paths[0].string(), piece.name, kConfig);
    }
    const Shape& shape = found->second->entries().at(piece.name).shape;
    if (shape != piece.shape) {
      return fail("{}: tensor {} is {}; {} asks for {}", found->second->where(), piece.name, shape_string(shape),
                  kConfig, shape_string(piece.shape));
    }
    wanted.insert(piece.name);
  }
  for (const auto& [name, file] : holder) {
    if (!wanted.contains(name) && !redundant(name, config)) {
      return fail("{}: tensor {} has no place in the model that {} describes", file->where(), name, kConfig);
    }
  }

  auto model = std::make_unique<Model>(config, 0);
  const std::map<std::string, Tensor> parameters = tensors_of(*model);
  for (const Piece& piece : pieces) {
    const Tensor rows = parameters.at(piece.parameter).slice(piece.begin, piece.end);
    PERSEA_CHECK(holder.at(piece.name)->read(piece.name, piece.shape, rows.span()));
  }
  return model;
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
