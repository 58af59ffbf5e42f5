#include "nn/model_files.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/file.h"
#include "nn/safetensors.h"

namespace persea {
namespace {

ModelConfig small() {
  ModelConfig config;
  config.vocab = 20, config.dim = 16, config.layers = 2, config.heads = 4, config.kv_heads = 2, config.head_dim = 4;
  config.hidden = 24, config.context = 32;
  return config;
}

class ModelFiles : public testing::Test {
 protected:
  const TempDir scratch_ = *TempDir::create(fs::temp_directory_path(), "persea-model-files");
  fs::path dir() const { return scratch_.path() / "model"; }
  std::string message() const {
    const auto model = load_model(dir());
    return model.ok() ? "" : model.error().message;
  }
  // Writes the model's weights again after `change` has been at them.
  void rewrite(const std::function<void(std::map<std::string, Tensor>&)>& change) const {
    std::map<std::string, Tensor> tensors;
    {
      const Safetensors file = *Safetensors::open(dir() / "model.safetensors");
      for (const auto& [name, entry] : file.entries()) {
        Tensor tensor(entry.shape);
        ASSERT_TRUE(file.read(name, entry.shape, tensor.span()).ok());
        tensors.emplace(name, tensor);
      }
    }
    change(tensors);
    ASSERT_TRUE(write_safetensors(dir() / "model.safetensors", {tensors.begin(), tensors.end()}).ok());
  }
};

void expect_equal(const Model& a, const Model& b) {
  EXPECT_TRUE(a.config() == b.config());
  const auto left = a.parameters(), right = b.parameters();
  ASSERT_EQ(left.size(), right.size());
  for (size_t i = 0; i < left.size(); ++i) {
    EXPECT_EQ(left[i]->name, right[i]->name);
    ASSERT_EQ(left[i]->value.shape(), right[i]->value.shape());
    EXPECT_EQ(std::memcmp(left[i]->value.raw(), right[i]->value.raw(), left[i]->value.bytes()), 0) << left[i]->name;
  }
}

TEST_F(ModelFiles, ComeBackBitForBit) {
  const std::function<void(ModelConfig&)> changes[] = {
      [](ModelConfig&) {},
      [](ModelConfig& c) { c.tied = false; },
      [](ModelConfig& c) { c.qk_norm = true; },
      [](ModelConfig& c) { c.qkv_bias = true; },
      [](ModelConfig& c) { c.window = 7; },
      [](ModelConfig& c) {
        c.llama4.emplace().experts = 3, c.llama4->expert_hidden = 12;
        c.llama4->mixed = {false, true}, c.llama4->turned = {true, false};
      },
      [](ModelConfig& c) { c.activation = Activation::relu_squared, c.logit_soft_cap = 20; },
  };
  for (const auto& change : changes) {
    ModelConfig config = small();
    change(config);
    const Model model(config, 7);
    ASSERT_TRUE(save_model(model, dir(), {3, {5, 6}}).ok());
    const auto back = load_model(dir());
    ASSERT_TRUE(back.ok()) << back.error().message;
    expect_equal(model, **back);
    const auto roles = load_token_roles(dir());
    ASSERT_TRUE(roles.ok());
    EXPECT_EQ(roles->begin, 3);
    EXPECT_EQ(roles->end, (std::vector<int32_t>{5, 6}));
  }
}

TEST_F(ModelFiles, HoldTheTensorsUnderTheirUsualNames) {
  ASSERT_TRUE(save_model(Model(small(), 7), dir()).ok());
  const Safetensors file = *Safetensors::open(dir() / "model.safetensors");
  const std::map<std::string, Shape> wanted = {{"model.embed_tokens.weight", {20, 16}},
                                               {"model.layers.1.self_attn.q_proj.weight", {16, 16}},
                                               {"model.layers.1.self_attn.k_proj.weight", {8, 16}},
                                               {"model.layers.1.mlp.gate_proj.weight", {24, 16}},
                                               {"model.layers.1.mlp.down_proj.weight", {16, 24}},
                                               {"model.layers.0.post_attention_layernorm.weight", {16}},
                                               {"model.norm.weight", {16}}};
  for (const auto& [name, shape] : wanted) {
    ASSERT_TRUE(file.entries().contains(name)) << name;
    EXPECT_EQ(file.entries().at(name).shape, shape) << name;
  }
  EXPECT_EQ(file.entries().size(), 2U + 2 * 9);
}

TEST_F(ModelFiles, NameTheTensorThatDoesNotFit) {
  ASSERT_TRUE(save_model(Model(small(), 7), dir()).ok());
  const std::string name = "model.layers.1.mlp.up_proj.weight";
  rewrite([&](auto& tensors) { tensors["lm_head.weight"] = Tensor::zeros({20, 16}); });
  EXPECT_EQ(message(), "") << "a tied head that stands in the file as well does no harm";
  rewrite([&](auto& tensors) { tensors["model.layers.1.mlp.up_proj.bias"] = Tensor::zeros({24}); });
  EXPECT_NE(message().find("tensor model.layers.1.mlp.up_proj.bias has no place"), std::string::npos) << message();
  rewrite([&](auto& tensors) {
    tensors.erase("model.layers.1.mlp.up_proj.bias");
    tensors[name] = Tensor::zeros({16, 24});
  });
  EXPECT_NE(message().find("tensor " + name + " is [16, 24]; config.json asks for [24, 16]"), std::string::npos)
      << message();
  rewrite([&](auto& tensors) { tensors.erase(name); });
  EXPECT_NE(message().find("tensor " + name + " is missing"), std::string::npos) << message();
}

TEST_F(ModelFiles, SayWhatIsBroken) {
  EXPECT_NE(message().find("config.json"), std::string::npos);
  ASSERT_TRUE(save_model(Model(small(), 7), dir()).ok());
  const std::string whole = *read_file(dir() / "model.safetensors");
  ASSERT_TRUE(write_file(dir() / "model.safetensors", whole.substr(0, whole.size() - 1)).ok());
  EXPECT_NE(message().find("model.safetensors: tensor "), std::string::npos) << message();
  EXPECT_NE(message().find("truncated or altered"), std::string::npos) << message();
  fs::remove(dir() / "model.safetensors");
  EXPECT_NE(message().find("model.safetensors: cannot open"), std::string::npos) << message();
  ASSERT_TRUE(write_file(dir() / "config.json", "{\"model_type\": \"llama\"}").ok());
  EXPECT_NE(message().find("\"vocab_size\" is missing"), std::string::npos) << message();
}

TEST_F(ModelFiles, MayLieInSeveralFiles) {
  const Model model(small(), 7);
  ASSERT_TRUE(save_model(model, dir()).ok());
  std::map<std::string, Tensor> tensors;
  rewrite([&](auto& all) { tensors = all; });
  fs::remove(dir() / "model.safetensors");
  std::vector<std::pair<std::string, Tensor>> halves[2];
  Json map = Json::object();
  for (const auto& [name, tensor] : tensors) {
    const size_t half = map.size() % 2;
    halves[half].emplace_back(name, tensor);
    map[name] = half == 0 ? "one.safetensors" : "two.safetensors";
  }
  ASSERT_TRUE(write_safetensors(dir() / "one.safetensors", halves[0]).ok());
  ASSERT_TRUE(write_safetensors(dir() / "two.safetensors", halves[1]).ok());
  const auto index = [&](const Json& weight_map) {
    return write_file(dir() / "model.safetensors.index.json", Json({{"weight_map", weight_map}}).dump()).ok();
  };
  ASSERT_TRUE(index(map));
  const auto back = load_model(dir());
  ASSERT_TRUE(back.ok()) << back.error().message;
  expect_equal(model, **back);
  map["model.norm.weight"] = "../elsewhere.safetensors";
  ASSERT_TRUE(index(map));
  EXPECT_NE(message().find("files of this folder"), std::string::npos) << message();
}

}  // namespace
}  // namespace persea
