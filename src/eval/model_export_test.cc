#include "eval/model_export.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/threads.h"
#include "eval/import_stage.h"
#include "nn/gguf.h"
#include "nn/model_pieces.h"
#include "text/bpe_train.h"
#include "text/chat_template.h"

namespace persea {
namespace {

constexpr const char* kText = "The thick thistle thrives, and 12 others wither there. <|user|>";

class ModelExport : public testing::Test {
 protected:
  ModelExport() : dir_(*TempDir::create(fs::temp_directory_path(), "export")) {}

  static TextModel model(const std::function<void(ModelConfig&)>& change = {}) {
    BpeTraining training;
    training.vocab_size = 280;
    training.special_tokens = chat_special_tokens();
    int given = 0;
    auto tokenizer = *train_bpe(
        training,
        [&](std::string& piece) -> Result<bool> {
          piece = kText;
          return given++ < 20;
        },
        pool());
    ModelConfig config;
    config.vocab = 280;
    config.dim = 64;
    config.layers = 2;
    config.heads = 4;
    config.kv_heads = 2;
    config.head_dim = 16;
    config.hidden = 96;
    config.context = 128;
    if (change) change(config);
    ChatForm chat = lab_chat_form(tokenizer);
    return {std::make_unique<Model>(config, 3), std::move(tokenizer), {0, {4, 0}}, std::move(chat)};
  }
  static void expect_same(const TextModel& a, const TextModel& b) {
    const auto tensors = tensors_of(*b.model);
    for (const auto& [name, tensor] : tensors_of(*a.model))
      EXPECT_EQ(std::memcmp(tensor.raw(), tensors.at(name).raw(), static_cast<size_t>(tensor.bytes())), 0) << name;
    EXPECT_EQ(a.tokenizer.encode_with_specials(kText), b.tokenizer.encode_with_specials(kText));
    EXPECT_EQ(a.roles.begin, b.roles.begin);
    EXPECT_EQ(a.roles.end, b.roles.end);
    EXPECT_EQ(a.chat.templates, b.chat.templates);
    EXPECT_EQ(a.chat.tokens.at("bos_token"), b.chat.tokens.at("bos_token"));
  }
  static float largest_difference(const TextModel& a, const TextModel& b) {
    const auto tensors = tensors_of(*b.model);
    float largest = 0;
    for (const auto& [name, tensor] : tensors_of(*a.model)) {
      const auto other = tensors.at(name).span();
      for (size_t i = 0; i < other.size(); ++i) largest = std::max(largest, std::abs(tensor.span()[i] - other[i]));
    }
    return largest;
  }

  TempDir dir_;
};

TEST_F(ModelExport, ComesBackFromGguf) {
  const auto tied = [](ModelConfig& c) { c.tied = true; };
  const auto scaled = [](ModelConfig& c) {
    c.tied = false;
    c.rope_scaling = RopeScaling{.kind = RopeScaling::Kind::llama3, .factor = 8, .original_context = 64};
  };
  const auto qwen = [](ModelConfig& c) {
    c.qk_norm = true;
    c.rope_scaling = RopeScaling{.factor = 2};
  };
  const auto arcee = [](ModelConfig& c) { c.activation = Activation::relu_squared; };
  const auto biased = [](ModelConfig& c) { c.qkv_bias = true; };
  const auto mixed = [](ModelConfig& c) {
    Llama4& own = c.llama4.emplace();
    own.experts = 4, own.expert_hidden = 32, own.chunk = 8192, own.temperature_scale = 0.1;
    own.mixed = {false, true}, own.turned = {true, true};
  };
  for (const std::function<void(ModelConfig&)>& change :
       {std::function<void(ModelConfig&)>(tied), {scaled}, {qwen}, {arcee}, {biased}, {mixed}}) {
    const TextModel whole = model(change);
    const fs::path path = dir_.path() / "model.gguf";
    const Status status = export_gguf(whole, path, BlockType::f32);
    ASSERT_TRUE(status.ok()) << status.error().message;
    const auto read = TextModel::load(path);
    ASSERT_TRUE(read.ok()) << read.error().message;
    expect_same(whole, *read);
    EXPECT_EQ(whole.model->config().tied, read->model->config().tied);
    EXPECT_TRUE(whole.model->config().llama4 == read->model->config().llama4);
    EXPECT_EQ(whole.model->config().rope_scaling.has_value(), read->model->config().rope_scaling.has_value());
    EXPECT_EQ(Gguf::open(path)->metadata().at("tokenizer.chat_template"), chat_template_jinja());
  }
}

TEST_F(ModelExport, SmallerTypesAreNear) {
  const TextModel whole = model();
  float before = 0;
  struct Case {
    BlockType type;
    WeightType kept;
    float limit;
  };
  for (const auto& [type, kept, limit] : {Case{BlockType::f16, WeightType::f16, 1e-4F},
                                          {BlockType::q8_0, WeightType::q8, 1e-3F},
                                          {BlockType::q4_0, WeightType::q4, 2e-2F}}) {
    const fs::path path = dir_.path() / "model.gguf";
    ASSERT_TRUE(export_gguf(whole, path, type).ok());
    const auto read = TextModel::load(path);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->weights, kept) << "the file's own";
    const float difference = largest_difference(whole, *read);
    EXPECT_GT(difference, before);
    EXPECT_LT(difference, limit);
    before = difference;
  }
}

TEST_F(ModelExport, ComesBackFromADirectory) {
  const TextModel whole = model();
  ASSERT_TRUE(export_hugging_face(*whole.model, whole.tokenizer, whole.roles, whole.chat, dir_.path() / "hf").ok());
  const auto read = TextModel::load(dir_.path() / "hf");
  ASSERT_TRUE(read.ok()) << read.error().message;
  expect_same(whole, *read);
  EXPECT_EQ(read->weights, WeightType::f32);
}

TEST_F(ModelExport, IsImportedOnce) {
  const TextModel whole = model();
  ASSERT_TRUE(export_gguf(whole, dir_.path() / "model.gguf", BlockType::f32).ok());
  ASSERT_TRUE(export_hugging_face(*whole.model, whole.tokenizer, whole.roles, whole.chat, dir_.path() / "hf").ok());
  auto lab = Lab::open(dir_.path() / "lab");
  ASSERT_TRUE(lab.ok()) << lab.error().message;
  const auto first = run_import_stage(*lab, dir_.path() / "model.gguf");
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_FALSE(first->reused);
  expect_same(whole, *TextModel::load(first->artifact.path));
  fs::rename(dir_.path() / "model.gguf", dir_.path() / "moved.gguf");
  EXPECT_TRUE(run_import_stage(*lab, dir_.path() / "moved.gguf")->reused);
  const auto directory = run_import_stage(*lab, dir_.path() / "hf");
  ASSERT_TRUE(directory.ok()) << directory.error().message;
  EXPECT_FALSE(directory->reused);
  const auto missing = run_import_stage(*lab, dir_.path() / "nothing");
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("nothing"), std::string::npos);
}

// A model from elsewhere speaks its own format wherever it goes.
TEST_F(ModelExport, KeepsChatTemplates) {
  TextModel whole = model();
  whole.chat.templates = {{"default", "{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}"},
                          {"tool_use", "{{ tools | tojson }}"}};
  ASSERT_TRUE(export_gguf(whole, dir_.path() / "model.gguf", BlockType::f32).ok());
  EXPECT_EQ(TextModel::load(dir_.path() / "model.gguf")->chat.templates, whole.chat.templates);
  auto lab = Lab::open(dir_.path() / "lab");
  ASSERT_TRUE(lab.ok());
  const auto made = run_import_stage(*lab, dir_.path() / "model.gguf");
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_EQ(TextModel::load(made->artifact.path)->chat.templates, whole.chat.templates);
}

TEST_F(ModelExport, SaysWhatGgufCannotHold) {
  const auto capped =
      export_gguf(model([](ModelConfig& c) { c.logit_soft_cap = 30; }), dir_.path() / "x.gguf", BlockType::f16);
  ASSERT_FALSE(capped.ok());
  EXPECT_NE(capped.error().message.find("soft cap"), std::string::npos);
  const auto window = export_gguf(model([](ModelConfig& c) { c.window = 8; }), dir_.path() / "x.gguf", BlockType::f16);
  ASSERT_FALSE(window.ok());
  EXPECT_NE(window.error().message.find("window of 8"), std::string::npos);
  EXPECT_FALSE(fs::exists(dir_.path() / "x.gguf"));
}

}  // namespace
}  // namespace persea
