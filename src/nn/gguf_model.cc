#include "nn/gguf_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "nn/gguf_llama4.h"
#include "nn/model_pieces.h"

namespace persea {
namespace {

constexpr const char* kRopeFactors = "rope_freqs.weight";

// A number of the config: transformers' key, and GGUF's behind the architecture's name.
struct ConfigKey {
  const char *theirs, *gguf;
};
constexpr std::array<ConfigKey, 9> kConfigKeys = {{{"hidden_size", "embedding_length"},
                                                   {"num_hidden_layers", "block_count"},
                                                   {"num_attention_heads", "attention.head_count"},
                                                   {"num_key_value_heads", "attention.head_count_kv"},
                                                   {"head_dim", "attention.key_length"},
                                                   {"intermediate_size", "feed_forward_length"},
                                                   {"max_position_embeddings", "context_length"},
                                                   {"rms_norm_eps", "attention.layer_norm_rms_epsilon"},
                                                   {"rope_theta", "rope.freq_base"}}};

const Json* find(const Gguf& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? nullptr : &found->second;
}

Result<std::string> architecture_of(const Gguf& file) {
  const Json* name = find(file, "general.architecture");
  if (!name || !name->is_string()) return fail("{}: has no general.architecture: it is no model", file.where());
  for (const char* known : {"llama", "qwen2", "qwen3", "arcee", "llama4"})
    if (*name == known) return name->get<std::string>();
  return fail("{}: the architecture {} is not supported; llama, qwen2, qwen3, arcee and llama4 are", file.where(),
              canonical_json(*name));
}

// The file's name of a tensor that transformers calls `name`; "" for one that no GGUF has.
std::string gguf_name(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kNames = {
      {{"model.embed_tokens", "token_embd"},
       {"model.norm", "output_norm"},
       {"lm_head", "output"},
       {"input_layernorm", "attn_norm"},
       {"self_attn.q_proj", "attn_q"},
       {"self_attn.k_proj", "attn_k"},
       {"self_attn.v_proj", "attn_v"},
       {"self_attn.q_norm", "attn_q_norm"},
       {"self_attn.k_norm", "attn_k_norm"},
       {"self_attn.o_proj", "attn_output"},
       {"post_attention_layernorm", "ffn_norm"},
       {"mlp.gate_proj", "ffn_gate"},
       {"mlp.up_proj", "ffn_up"},
       {"mlp.down_proj", "ffn_down"},
       {"feed_forward.gate_proj", "ffn_gate"},
       {"feed_forward.up_proj", "ffn_up"},
       {"feed_forward.down_proj", "ffn_down"},
       {"feed_forward.router", "ffn_gate_inp"},
       {"feed_forward.shared_expert.gate_proj", "ffn_gate_shexp"},
       {"feed_forward.shared_expert.up_proj", "ffn_up_shexp"},
       {"feed_forward.shared_expert.down_proj", "ffn_down_shexp"},
       {"feed_forward.experts.down_proj", "ffn_down_exps"}}};
  constexpr std::string_view kLayers = "model.layers.", kWeight = ".weight", kBias = ".bias";
  std::string block;
  std::string_view ending = kWeight;
  if (name.starts_with(kLayers)) {
    name.remove_prefix(kLayers.size());
    const size_t dot = name.find('.');
    block = fmt::format("blk.{}.", name.substr(0, dot));
    name.remove_prefix(dot + 1);
  }
  if (name.ends_with(kBias)) ending = kBias;
  if (name.ends_with(ending)) name.remove_suffix(ending.size());
  for (const auto& [theirs, gguf] : kNames)
    if (name == theirs) return fmt::format("{}{}{}", block, gguf, ending);
  return "";
}

// The heads of the rows of q or k, which RoPE turns by neighbours in the architectures that come from Llama; 0 for
// other tensors, and where transformers has them in that order too.
int64_t turned_heads(std::string_view architecture, const ModelConfig& config, std::string_view name) {
  if (architecture != "llama" && architecture != "arcee") return 0;
  return name.ends_with("q_proj.weight") ? config.heads : name.ends_with("k_proj.weight") ? config.kv_heads : 0;
}

// The frequency of each pair: the angle of position 1.
std::vector<float> frequencies(const ModelConfig& config) {
  const RopeTable table = rope_table(config, 2);
  const int64_t half = config.head_dim / 2;
  std::vector<float> angles;
  for (int64_t i = half; i < 2 * half; ++i) angles.push_back(std::atan2(table.sin.data()[i], table.cos.data()[i]));
  return angles;
}
ModelConfig unscaled(ModelConfig config) {
  config.rope_scaling.reset();
  return config;
}

// Whether the rotation by `config` is the plain one with each frequency divided by its factor.
bool scales_by(const ModelConfig& config, std::span<const float> factors) {
  const std::vector<float> before = frequencies(unscaled(config)), after = frequencies(config);
  for (size_t i = 0; i < factors.size(); ++i) {
    const float wanted = before[i] / factors[i];
    if (!(std::abs(after[i] - wanted) <= 1e-3F * wanted)) return false;
  }
  return true;
}

// The file holds what each frequency is divided by, and not the numbers that this follows from in Llama 3's scaling:
// the factor is the largest, and the original context shows in every frequency between the two bounds, which are 1 and
// 4 or, in Llama 4, both 1: then any context does that lies between the last wave that is kept and the next.
Result<RopeScaling> llama3_scaling(const Gguf& file, ModelConfig config) {
  const int64_t half = config.head_dim / 2;
  std::vector<float> factors(static_cast<size_t>(half));
  PERSEA_CHECK(file.read(kRopeFactors, {half}, factors));
  RopeScaling scaling{.kind = RopeScaling::Kind::llama3};
  scaling.factor = *std::max_element(factors.begin(), factors.end());
  std::vector<double> contexts = {static_cast<double>(scaling.original_context)};
  double last_kept = 1;
  for (int64_t i = 0; i < half; ++i) {
    const double divided = factors[static_cast<size_t>(i)];
    const double length =
        2 * std::numbers::pi * std::pow(config.rope_theta, static_cast<double>(i) / static_cast<double>(half));
    if (divided <= 1) last_kept = std::ceil(length);
    if (divided <= 1 || divided >= scaling.factor) continue;
    const double smooth = (1 / divided - 1 / scaling.factor) / (1 - 1 / scaling.factor);
    contexts.push_back(length * (scaling.low_frequency_factor +
                                 smooth * (scaling.high_frequency_factor - scaling.low_frequency_factor)));
  }
  contexts.push_back(last_kept);
  for (const double high : {4.0, 1.0}) {
    for (const double context : contexts) {
      if (!(context >= 1 && context < 1e9)) continue;
      scaling.original_context = std::llround(context);
      scaling.high_frequency_factor = high;
      config.rope_scaling = scaling;
      if (config.check() && scales_by(config, factors)) return scaling;
    }
  }
  return fail("{}: {} is not Llama 3's scaling of rotary positions: no other is supported", file.where(), kRopeFactors);
}

class GgufSource : public TensorSource {
 public:
  GgufSource(const Gguf& file, const ModelConfig& config, std::string architecture)
      : file_(file), config_(config), architecture_(std::move(architecture)) {
    for (const ModelPiece& piece : model_pieces(config)) {
      known_.emplace(gguf_name(piece.name), piece.name);
      if (piece.form != PieceForm::transposed) continue;
      for (const std::string& name : expert_tensors(piece)) known_.emplace(name, piece.name);
      if (const auto shape = expert_shape(file, piece)) experts_.emplace(piece.name, Expert{piece, *shape});
    }
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, entry] : file_.entries()) {
      const auto known = known_.find(name);
      if (name != kRopeFactors) names.push_back(known == known_.end() ? name : known->second);
    }
    return names;
  }
  const Shape* shape(const std::string& name) const override {
    if (const auto expert = experts_.find(name); expert != experts_.end()) return &expert->second.shape;
    const auto found = file_.entries().find(gguf_name(name));
    return found == file_.entries().end() ? nullptr : &found->second.shape;
  }
  std::string where(const std::string&) const override { return file_.where(); }
  std::string spelled(const std::string& name) const override {
    const std::string theirs = gguf_name(name);
    return theirs.empty() ? name : theirs;
  }
  Status read(const std::string& name, const Shape& shape, std::span<float> out) const override {
    if (const auto expert = experts_.find(name); expert != experts_.end())
      return read_experts(file_, expert->second.piece, out);
    PERSEA_CHECK(file_.read(gguf_name(name), shape, out));
    if (const int64_t heads = turned_heads(architecture_, config_, name); heads > 0)
      to_model_form(PieceForm::turned_pairs, heads, shape[0], out);
    return {};
  }

 private:
  struct Expert {
    ModelPiece piece;
    Shape shape;
  };
  const Gguf& file_;
  const ModelConfig& config_;
  const std::string architecture_;
  std::map<std::string, std::string> known_;  // transformers' name of a tensor of the file
  std::map<std::string, Expert> experts_;     // by transformers' name
};

}  // namespace

Result<ModelConfig> gguf_config(const Gguf& file) {
  PERSEA_TRY(const std::string type, architecture_of(file));
  const auto embedding = file.entries().find("token_embd.weight");
  if (embedding == file.entries().end() || embedding->second.shape.size() != 2)
    return fail("{}: tensor token_embd.weight is missing or no matrix", file.where());
  // As transformers writes it, and read like that: one place knows what a config means and refuses.
  Json json = {{"model_type", type},
               {"vocab_size", embedding->second.shape[0]},
               {"tie_word_embeddings", !file.entries().contains("output.weight")}};
  const auto number = [&](const char* key) { return find(file, fmt::format("{}.{}", type, key)); };
  for (const auto& [theirs, gguf] : kConfigKeys)
    if (const Json* value = number(gguf)) json[theirs] = *value;
  if (type == "llama4") {
    PERSEA_CHECK(llama4_config_from_gguf(file, json));
  } else if (const Json* experts = number("expert_count"); experts && *experts != 0) {
    json["num_experts"] = *experts;
  }
  if (const Json* scaling = number("rope.scaling.type"); scaling && *scaling != "none") {
    const Json* factor = number("rope.scaling.factor");
    json["rope_scaling"] = {{"rope_type", *scaling}, {"factor", factor ? *factor : Json(1.0)}};
  }
  PERSEA_TRY(ModelConfig config, config_from_hugging_face(json, file.where()));
  if (const Json* rotated = number("rope.dimension_count"); rotated && *rotated != config.head_dim)
    return fail("{}: rotation of a part of the head is not supported", file.where());
  if (file.entries().contains(kRopeFactors)) {
    PERSEA_TRY(config.rope_scaling, llama3_scaling(file, config));
  }
  return config;
}

Result<std::unique_ptr<Model>> load_gguf_model(const Gguf& file) {
  PERSEA_TRY(const ModelConfig config, gguf_config(file));
  PERSEA_TRY(std::string architecture, architecture_of(file));
  return assemble_model(config, "its metadata", GgufSource(file, config, std::move(architecture)));
}

Result<TokenRoles> gguf_token_roles(const Gguf& file) {
  TokenRoles roles;
  const auto id = [&](const char* key) -> Result<std::optional<int32_t>> {
    const Json* value = find(file, key);
    if (!value) return std::optional<int32_t>();
    if (!value->is_number_unsigned() || value->get<uint64_t>() > INT32_MAX)
      return fail("{}: {} must be a token's id", file.where(), key);
    return std::optional(value->get<int32_t>());
  };
  // Where nobody says whether texts have a beginning, SentencePiece's do, and Llama 3's.
  const Json *add = find(file, "tokenizer.ggml.add_bos_token"), *kind = find(file, "tokenizer.ggml.model"),
             *pre = find(file, "tokenizer.ggml.pre");
  const bool usual = (kind && *kind == "llama") || (pre && (*pre == "llama-bpe" || *pre == "llama3"));
  if (add ? *add == true : usual) {
    PERSEA_TRY(roles.begin, id("tokenizer.ggml.bos_token_id"));
  }
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"}) {
    PERSEA_TRY(const auto end, id(key));
    if (end && std::find(roles.end.begin(), roles.end.end(), *end) == roles.end.end()) roles.end.push_back(*end);
  }
  return roles;
}

Result<GgufContent> gguf_content(const Model& model, const TokenRoles& roles, BlockType type) {
  const ModelConfig& c = model.config();
  Json config = to_hugging_face(c);
  config["intermediate_size"] = c.hidden;  // Llama 4's is an expert's
  std::string architecture = config.at("model_type");
  if (c.window > 0) return fail("no architecture of GGUF has this model's window of {} positions", c.window);
  if (architecture == "mistral") architecture = "llama";
  if (architecture == "llama4_text") architecture = "llama4";
  if (architecture == "persea") {
    return fail("no architecture of GGUF has this model's {}", c.logit_soft_cap > 0 ? "soft cap on logits"
                                                               : c.qkv_bias
                                                                   ? "biases beside gains, or without gates"
                                                                   : "squared ReLU beside gains on queries and keys");
  }
  GgufContent content;
  const auto put = [&](const std::string& key, Json value) { content.metadata.emplace_back(key, std::move(value)); };
  const auto own = [&](const char* key, Json value) { put(fmt::format("{}.{}", architecture, key), std::move(value)); };
  put("general.architecture", architecture);
  put("general.quantization_version", 2);
  own("vocab_size", c.vocab);
  for (const auto& [theirs, gguf] : kConfigKeys) own(gguf, config.at(theirs));
  own("attention.value_length", c.head_dim);
  own("rope.dimension_count", c.head_dim);
  if (c.llama4) {
    PERSEA_TRY(const auto keys, gguf_from_llama4_config(c));
    content.metadata.insert(content.metadata.end(), keys.begin(), keys.end());
  }
  if (c.rope_scaling && c.rope_scaling->kind == RopeScaling::Kind::linear) {
    own("rope.scaling.type", "linear");
    own("rope.scaling.factor", c.rope_scaling->factor);
  } else if (c.rope_scaling) {
    const std::vector<float> before = frequencies(unscaled(c)), after = frequencies(c);
    Tensor factors({static_cast<int64_t>(before.size())});
    for (size_t i = 0; i < before.size(); ++i) factors.span()[i] = before[i] / after[i];
    content.tensors.push_back({kRopeFactors, factors, BlockType::f32});
  }
  put("tokenizer.ggml.add_bos_token", roles.begin.has_value());
  if (roles.begin) put("tokenizer.ggml.bos_token_id", *roles.begin);
  if (!roles.end.empty()) put("tokenizer.ggml.eos_token_id", roles.end[0]);
  if (roles.end.size() > 1) put("tokenizer.ggml.eot_token_id", roles.end[1]);

  const std::map<std::string, Tensor> parameters = tensors_of(model);
  for (const ModelPiece& piece : model_pieces(c)) {
    const auto add = [&](std::string name, Tensor values, bool as_is) {
      const bool whole = values.shape().back() % layout_of(type).elements == 0;
      content.tensors.push_back({std::move(name), std::move(values),
                                 as_is   ? BlockType::f32
                                 : whole ? type
                                         : BlockType::f16});
    };
    if (piece.form == PieceForm::transposed) {
      for (auto& [name, values] : gguf_experts(piece, parameters.at(piece.parameter)))
        add(std::move(name), std::move(values), false);
      continue;
    }
    ModelPiece form = piece;
    if (const int64_t heads = turned_heads(architecture, c, piece.name); heads > 0)
      form.form = PieceForm::turned_pairs, form.parts = heads;
    const bool router = piece.name.ends_with("router.weight");  // which experts a token gets is not left to rounding
    add(gguf_name(piece.name), file_values(form, parameters.at(piece.parameter)), piece.shape.size() == 1 || router);
  }
  return content;
}

}  // namespace persea
