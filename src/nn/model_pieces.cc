#include "nn/model_pieces.h"

#include <algorithm>
#include <set>

namespace persea {
namespace {

// Moves the rows of a head between halves (row i and row i + half make a pair) and neighbours (2i and 2i + 1).
void sort_pairs(bool to_halves, int64_t rows, std::span<float> head) {
  const size_t columns = head.size() / static_cast<size_t>(rows), half = static_cast<size_t>(rows) / 2;
  std::vector<float> sorted(head.size());
  for (size_t row = 0; row < 2 * half; ++row) {
    const size_t by_halves = row / 2 + row % 2 * half;
    const auto [from, to] = to_halves ? std::pair(row, by_halves) : std::pair(by_halves, row);
    std::copy_n(head.data() + from * columns, columns, sorted.data() + to * columns);
  }
  std::copy(sorted.begin(), sorted.end(), head.begin());
}

// `rows` rows become columns.
void transpose(int64_t rows, std::span<float> matrix) {
  const size_t n = static_cast<size_t>(rows), columns = matrix.size() / n;
  const std::vector<float> before(matrix.begin(), matrix.end());
  for (size_t row = 0; row < n; ++row)
    for (size_t column = 0; column < columns; ++column) matrix[column * n + row] = before[row * columns + column];
}

}  // namespace

void to_model_form(PieceForm form, int64_t parts, int64_t rows, std::span<float> values) {
  if (form == PieceForm::same) return;
  const size_t part = values.size() / static_cast<size_t>(parts);
  const int64_t part_rows = rows / parts;
  for (size_t begin = 0; begin < values.size(); begin += part) {
    const std::span<float> one = values.subspan(begin, part);
    if (form == PieceForm::turned_pairs) sort_pairs(true, part_rows, one);
    if (form == PieceForm::transposed) transpose(static_cast<int64_t>(part) / part_rows, one);
  }
}

void to_file_form(PieceForm form, int64_t parts, int64_t rows, std::span<float> values) {
  if (form == PieceForm::same) return;
  const size_t part = values.size() / static_cast<size_t>(parts);
  const int64_t part_rows = rows / parts;
  for (size_t begin = 0; begin < values.size(); begin += part) {
    const std::span<float> one = values.subspan(begin, part);
    if (form == PieceForm::turned_pairs) sort_pairs(false, part_rows, one);
    if (form == PieceForm::transposed) transpose(part_rows, one);
  }
}

Tensor file_values(const ModelPiece& piece, const Tensor& parameter) {
  const Tensor rows = parameter.slice(piece.begin, piece.end);
  if (piece.form == PieceForm::same) return rows;
  Tensor values(piece.shape);
  std::copy(rows.span().begin(), rows.span().end(), values.span().begin());
  to_file_form(piece.form, piece.parts, piece.end - piece.begin, values.span());
  return values;
}

std::vector<ModelPiece> model_pieces(const ModelConfig& c) {
  std::vector<ModelPiece> pieces;
  const auto vector = [&](std::string name, std::string parameter, int64_t size) {
    pieces.push_back({std::move(name), std::move(parameter), 0, size, {size}});
  };
  const auto part = [&](std::string name, std::string parameter, int64_t begin, int64_t size) {
    pieces.push_back({std::move(name), std::move(parameter), begin, begin + size, {size}});
  };
  const auto matrix = [&](std::string name, std::string parameter, int64_t begin, int64_t rows, int64_t columns) {
    pieces.push_back({std::move(name), std::move(parameter), begin, begin + rows, {rows, columns}});
  };
  const auto experts = [&](std::string name, std::string parameter, int64_t rows, int64_t columns) {
    const int64_t count = c.llama4->experts;  // as x W: the file has rows for what goes in
    pieces.push_back(
        {std::move(name), std::move(parameter), 0, count * rows, {count, columns, rows}, PieceForm::transposed, count});
  };
  const auto heads = [&](std::string name, std::string parameter, int64_t begin, int64_t count) {
    matrix(std::move(name), std::move(parameter), begin, count * c.head_dim, c.dim);
    if (c.llama4) pieces.back().form = PieceForm::turned_pairs, pieces.back().parts = count;
  };
  const int64_t q = c.heads * c.head_dim, kv = c.kv_heads * c.head_dim;
  matrix("model.embed_tokens.weight", "embedding", 0, c.vocab, c.dim);
  for (int64_t i = 0; i < c.layers; ++i) {
    const std::string theirs = fmt::format("model.layers.{}.", i), ours = fmt::format("layers.{}.", i);
    vector(theirs + "input_layernorm.weight", ours + "attention_norm", c.dim);
    heads(theirs + "self_attn.q_proj.weight", ours + "qkv", 0, c.heads);
    heads(theirs + "self_attn.k_proj.weight", ours + "qkv", q, c.kv_heads);
    matrix(theirs + "self_attn.v_proj.weight", ours + "qkv", q + kv, kv, c.dim);
    if (c.qkv_bias) {
      part(theirs + "self_attn.q_proj.bias", ours + "qkv_bias", 0, q);
      part(theirs + "self_attn.k_proj.bias", ours + "qkv_bias", q, kv);
      part(theirs + "self_attn.v_proj.bias", ours + "qkv_bias", q + kv, kv);
    }
    if (c.qk_norm) {
      vector(theirs + "self_attn.q_norm.weight", ours + "q_norm", c.head_dim);
      vector(theirs + "self_attn.k_norm.weight", ours + "k_norm", c.head_dim);
    }
    matrix(theirs + "self_attn.o_proj.weight", ours + "o", 0, c.dim, q);
    vector(theirs + "post_attention_layernorm.weight", ours + "mlp_norm", c.dim);
    const bool gated = c.activation == Activation::swiglu;
    const int64_t hidden = c.hidden_of(i);
    const std::string mlp = theirs + (c.mixed(i) ? "feed_forward.shared_expert." : c.llama4 ? "feed_forward." : "mlp.");
    if (gated) matrix(mlp + "gate_proj.weight", ours + "up", 0, hidden, c.dim);
    matrix(mlp + "up_proj.weight", ours + "up", gated ? hidden : 0, hidden, c.dim);
    matrix(mlp + "down_proj.weight", ours + "down", 0, c.dim, hidden);
    if (c.mixed(i)) {
      matrix(theirs + "feed_forward.router.weight", ours + "router", 0, c.llama4->experts, c.dim);
      experts(theirs + "feed_forward.experts.gate_up_proj", ours + "expert_up", 2 * hidden, c.dim);
      experts(theirs + "feed_forward.experts.down_proj", ours + "expert_down", c.dim, hidden);
    }
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
    to_model_form(piece.form, piece.parts, piece.end - piece.begin, rows.span());
  }
  return model;
}

}  // namespace persea
