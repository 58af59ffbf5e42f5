#include "nn/config.h"

#include <gtest/gtest.h>

#include <functional>

namespace persea {
namespace {

ModelConfig small() {
  ModelConfig config;
  config.vocab = 100, config.dim = 32, config.layers = 2, config.heads = 4, config.kv_heads = 2, config.head_dim = 8;
  config.hidden = 48, config.context = 64;
  return config;
}

TEST(ModelConfig, CountsParameters) {
  // Per layer: qkv (4 + 2*2)*8*32, o 32*32, gate and up 2*48*32, down 48*32, two gains of 32.
  const int64_t layer = 64 * 32 + 32 * 32 + 96 * 32 + 48 * 32;
  ModelConfig config = small();
  EXPECT_EQ(config.product_parameters(), 2 * layer + 3200);
  EXPECT_EQ(config.parameters(), 2 * layer + 3200 + 2 * 64 + 32);
  config.tied = false;
  config.qk_norm = true;
  EXPECT_EQ(config.product_parameters(), 2 * layer + 3200);
  EXPECT_EQ(config.parameters(), 2 * layer + 6400 + 2 * (64 + 16) + 32);
  config.activation = Activation::relu_squared;
  EXPECT_EQ(config.product_parameters(), 2 * (layer - 48 * 32) + 3200);
}

TEST(ModelConfig, CountsTheFlopsOfTraining) {
  const ModelConfig config = small();
  EXPECT_DOUBLE_EQ(config.training_flops_per_token(64), 6.0 * config.product_parameters() + 6.0 * 2 * 64 * 32);
}

TEST(ModelConfig, GoesThroughHuggingFaceAndBack) {
  const std::function<void(ModelConfig&)> changes[] = {
      [](ModelConfig&) {},
      [](ModelConfig& c) { c.tied = false, c.rope_theta = 500000, c.norm_eps = 1e-6; },
      [](ModelConfig& c) { c.qk_norm = true, c.head_dim = 16; },
      [](ModelConfig& c) { c.head_dim = 10, c.dim = 30; },
      [](ModelConfig& c) { c.activation = Activation::relu_squared; },
      [](ModelConfig& c) { c.activation = Activation::relu_squared, c.qk_norm = true, c.logit_soft_cap = 15; },
      [](ModelConfig& c) { c.rope_scaling = RopeScaling{.kind = RopeScaling::Kind::linear, .factor = 4}; },
      [](ModelConfig& c) {
        c.rope_scaling = RopeScaling{RopeScaling::Kind::llama3, 8, 1, 4, 32};
      },
      [](ModelConfig& c) { c.qkv_bias = true; },
      [](ModelConfig& c) { c.window = 16; },
      [](ModelConfig& c) { c.qkv_bias = true, c.window = 16; },
      [](ModelConfig& c) { c.qk_norm = true, c.window = 16; },
      [](ModelConfig& c) {
        Llama4& own = c.llama4.emplace();
        own.experts = 8, own.active = 2, own.expert_hidden = 24, own.chunk = 32, own.temperature_scale = 0.1;
        own.mixed = {false, true}, own.turned = {true, false};
      },
  };
  const char* types[] = {"llama", "llama", "qwen3",   "mistral", "arcee",  "persea",     "llama",
                         "llama", "qwen2", "mistral", "persea",  "persea", "llama4_text"};
  for (size_t i = 0; i < std::size(changes); ++i) {
    ModelConfig config = small();
    changes[i](config);
    const Json json = to_hugging_face(config);
    EXPECT_EQ(json.at("model_type"), types[i]) << i;
    const Result<ModelConfig> back = config_from_hugging_face(json, "config.json");
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_TRUE(*back == config) << i;
  }
}

TEST(ModelConfig, ReadsWhatOthersWrite) {
  // Llama 3.2's, in the keys of transformers 4, with keys that change nothing.
  const Json llama =
      Json::parse(R"({"architectures": ["LlamaForCausalLM"], "attention_bias": false, "bos_token_id": 128000,
    "eos_token_id": [128001, 128008], "head_dim": 64, "hidden_act": "silu", "hidden_size": 2048, "intermediate_size": 8192,
    "max_position_embeddings": 131072, "mlp_bias": false, "model_type": "llama", "num_attention_heads": 32,
    "num_hidden_layers": 16, "num_key_value_heads": 8, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling":
    {"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192,
    "rope_type": "llama3"}, "rope_theta": 500000.0, "tie_word_embeddings": true, "vocab_size": 128256})");
  const auto config = config_from_hugging_face(llama, "config.json");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->parameters(), 1235814400);
  EXPECT_EQ(config->rope_theta, 500000);
  EXPECT_EQ(config->rope_scaling->factor, 32);
  EXPECT_EQ(config->rope_scaling->original_context, 8192);

  // Old Mistral: a window as long as the context, no head_dim; transformers 5's rope_parameters.
  const Json mistral =
      Json::parse(R"({"model_type": "mistral", "vocab_size": 50, "hidden_size": 64, "num_hidden_layers": 1,
    "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 512, "sliding_window": 512,
    "rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1000.0}})");
  const auto other = config_from_hugging_face(mistral, "config.json");
  ASSERT_TRUE(other.ok()) << other.error().message;
  EXPECT_EQ(other->head_dim, 16);
  EXPECT_EQ(other->kv_heads, 4);
  EXPECT_EQ(other->rope_theta, 1000);
  EXPECT_EQ(other->rope_scaling->kind, RopeScaling::Kind::linear);
  EXPECT_FALSE(other->tied);
}

// What transformers takes for keys that are missing is part of what a file means.
TEST(ModelConfig, KnowsWhatMissingKeysMean) {
  const auto read = [](const char* text) {
    const auto config = config_from_hugging_face(Json::parse(text), "config.json");
    EXPECT_TRUE(config.ok()) << config.error().message;
    return config ? *config : ModelConfig();
  };
  const auto mistral = [&](const char* more) {
    return read(fmt::format(R"({{"model_type": "mistral", "vocab_size": 50, "hidden_size": 64, "num_hidden_layers": 1,
        "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 32768{}}})",
                            more)
                    .c_str());
  };
  EXPECT_EQ(mistral("").window, 4096);
  EXPECT_EQ(mistral(R"(, "sliding_window": null)").window, 0);
  EXPECT_EQ(mistral(R"(, "sliding_window": 100)").window, 100);
  const ModelConfig qwen = read(R"({"model_type": "qwen2", "vocab_size": 50, "hidden_size": 64, "num_hidden_layers": 1,
      "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 64, "max_position_embeddings": 32768,
      "use_sliding_window": false, "sliding_window": 4096, "max_window_layers": 21})");
  EXPECT_TRUE(qwen.qkv_bias);
  EXPECT_EQ(qwen.window, 0);
  EXPECT_EQ(qwen.head_dim, 16);

  // A model with a part that sees pictures: as Scout's, with fewer layers.
  const ModelConfig scout = read(R"({"model_type": "llama4", "vision_config": {}, "text_config": {
      "model_type": "llama4_text", "vocab_size": 202048, "hidden_size": 5120, "intermediate_size": 8192,
      "intermediate_size_mlp": 16384, "num_hidden_layers": 8, "num_attention_heads": 40, "num_key_value_heads": 8,
      "max_position_embeddings": 10485760, "num_local_experts": 16, "num_experts_per_tok": 1, "interleave_moe_layer_step":
      1, "attention_chunk_size": 8192, "use_qk_norm": true, "no_rope_layers": [], "for_llm_compressor": false,
      "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", "factor": 16.0, "low_freq_factor": 1.0,
      "high_freq_factor": 1.0, "original_max_position_embeddings": 8192}}})");
  EXPECT_EQ(scout.head_dim, 128);
  EXPECT_EQ(scout.norm_eps, 1e-5);
  EXPECT_EQ(scout.llama4->mixed, std::vector<bool>(8, true));
  EXPECT_EQ(scout.llama4->turned, (std::vector<bool>{true, true, true, false, true, true, true, false}));
  EXPECT_EQ(scout.llama4->temperature_scale, 0.1);
  EXPECT_EQ(scout.hidden_of(0), 8192);
}

TEST(ModelConfig, NamesTheKeyThatItCannotTake) {
  const struct {
    const char *key, *value, *said;
  } cases[] = {
      {"model_type", "\"gpt2\"", "\"gpt2\" is not supported"},
      {"vocab_size", "null", "\"vocab_size\" is missing"},
      {"vocab_size", "\"big\"", "\"vocab_size\" must be a whole number"},
      {"vocab_size", "18446744073709551615", "\"vocab_size\" must be a whole number"},
      {"vocab_size", "-5", "vocab is -5"},
      {"num_attention_heads", "0", "heads is 0"},
      {"num_key_value_heads", "3", "multiple of kv_heads"},
      {"head_dim", "7", "must be even"},
      {"hidden_act", "\"gelu\"", "\"gelu\" is not supported"},
      {"attention_bias", "true", "attention_bias"},
      {"rms_norm_eps", "0", "norm_eps"},
      {"layer_types", "[\"full_attention\", \"sliding_attention\"]", "layer_types"},
      {"sliding_window", "16", "sliding_window"},
      {"quantization_config", "{}", "quantization_config"},
      {"final_logit_softcapping", "30", "final_logit_softcapping"},
      {"partial_rotary_factor", "0.5", "partial_rotary_factor"},
      {"rope_scaling", "{\"rope_type\": \"yarn\", \"factor\": 4}", "\"yarn\" is not supported"},
      {"rope_scaling", "{\"type\": \"linear\"}", "rope_scaling: the key \"factor\" is missing"},
      {"rope_parameters", "{\"rope_theta\": -1}", "rope_theta is -1"},
      {"rope_scaling", "7", "must be an object"},
      {"max_position_embeddings", "1.5", "max_position_embeddings"},
  };
  for (const auto& c : cases) {
    Json json = to_hugging_face(small());
    json[c.key] = Json::parse(c.value);
    const auto config = config_from_hugging_face(json, "config.json");
    ASSERT_FALSE(config.ok()) << c.key << " " << c.value;
    EXPECT_NE(config.error().message.find(c.said), std::string::npos) << config.error().message;
    EXPECT_EQ(config.error().message.find('\n'), std::string::npos);
    EXPECT_TRUE(config.error().message.starts_with("config.json: "));
  }
  EXPECT_FALSE(config_from_hugging_face(Json::array(), "config.json").ok());
}

}  // namespace
}  // namespace persea
