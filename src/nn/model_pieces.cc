#include "nn/model_pieces.h"

#include <set>

namespace persea {

std::vector<ModelPiece> model_pieces(const ModelConfig& c) {
  std::vector<ModelPiece> pieces;
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

Result<std::unique_ptr<Model>> assemble_model(const ModelConfig& config, std::string_view asker,
                                              const TensorSource& source) {
  const std::vector<ModelPiece> pieces = model_pieces(config);
  std::set<std::string> wanted;
  for (const ModelPiece& piece : pieces) {
    const Shape* shape = source.shape(piece.name);
    if (!shape)
      return fail("{}: tensor {} is missing; {} asks for it", source.where(piece.name), source.spelled(piece.name),
                  asker);
    if (*shape != piece.shape) {
      return fail("{}: tensor {} is {}; {} asks for {}", source.where(piece.name), source.spelled(piece.name),
                  shape_string(*shape), asker, shape_string(piece.shape));
    }
    wanted.insert(piece.name);
  }
  for (const std::string& name : source.names()) {
    if (!wanted.contains(name))
      return fail("{}: tensor {} has no place in the model that {} describes", source.where(name), source.spelled(name),
                  asker);
  }

  auto model = std::make_unique<Model>(config, std::nullopt);
  const std::map<std::string, Tensor> parameters = tensors_of(*model);
  for (const ModelPiece& piece : pieces) {
    const Tensor rows = parameters.at(piece.parameter).slice(piece.begin, piece.end);
    PERSEA_CHECK(source.read(piece.name, piece.shape, rows.span()));
  }
  return model;
}

}  // namespace persea
