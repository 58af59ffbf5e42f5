#include "nn/gguf_model.h"

#include <gtest/gtest.h>

#include <cstring>

#include "nn/model_pieces.h"

namespace persea {
namespace {

const std::filesystem::path kModels = std::filesystem::path(PERSEA_SOURCE_DIR) / "tests/golden/models";

// Files that the library gguf wrote from the model directories beside them (bench/peers/make_gguf_golden.py).
class GgufModel : public testing::TestWithParam<std::string> {};

TEST_P(GgufModel, IsTheModelOfItsDirectory) {
  const auto file = Gguf::open(kModels / (GetParam() + ".gguf"));
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto model = load_gguf_model(*file);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const auto wanted = load_model(kModels / GetParam());
  ASSERT_TRUE(wanted.ok()) << wanted.error().message;
  const ModelConfig &a = (*model)->config(), &b = (*wanted)->config();
  EXPECT_EQ(a.vocab, b.vocab);
  EXPECT_EQ(a.head_dim, b.head_dim);
  EXPECT_EQ(a.tied, b.tied);
  EXPECT_EQ(a.qk_norm, b.qk_norm);
  EXPECT_EQ(a.qkv_bias, b.qkv_bias);
  EXPECT_EQ(a.activation, b.activation);
  EXPECT_EQ(a.rope_scaling.has_value(), b.rope_scaling.has_value());
  const RopeTable turns = rope_table(a, 200), turns_wanted = rope_table(b, 200);
  for (int64_t i = 0; i < turns.cos.count(); ++i)
    ASSERT_NEAR(turns.cos.data()[i], turns_wanted.cos.data()[i], 1e-4) << i;
  const auto tensors = tensors_of(**model);
  for (const auto& [name, tensor] : tensors_of(**wanted)) {
    const Tensor& read = tensors.at(name);
    ASSERT_EQ(read.shape(), tensor.shape()) << name;
    EXPECT_EQ(std::memcmp(read.raw(), tensor.raw(), static_cast<size_t>(tensor.bytes())), 0) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, GgufModel, testing::Values("llama", "qwen2", "qwen3", "arcee"));

TEST(GgufModelErrors, AreNamed) {
  const auto blocks = Gguf::open(kModels / "../blocks.gguf");
  ASSERT_TRUE(blocks.ok());
  const auto model = load_gguf_model(*blocks);
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.error().message.find("token_embd.weight"), std::string::npos) << model.error().message;

  std::string bytes = *read_file(kModels / "llama.gguf");
  const auto error_with = [&](std::string_view from, std::string_view to) {
    std::string changed = bytes;
    changed.replace(changed.find(from), from.size(), to);
    const auto file = Gguf::parse(std::as_bytes(std::span(changed)), "changed");
    if (!file) return file.error().message;
    const auto result = load_gguf_model(*file);
    return result ? std::string() : result.error().message;
  };
  EXPECT_NE(error_with("blk.1.ffn_up", "blk.1.ffn_xp").find("blk.1.ffn_up.weight is missing"), std::string::npos);
  EXPECT_NE(error_with("llama.block_count", "llama.block_coun_").find("num_hidden_layers"), std::string::npos);
  EXPECT_NE(error_with(std::string_view("\x05\0\0\0\0\0\0\0llama", 13), std::string_view("\x05\0\0\0\0\0\0\0mamba", 13))
                .find("mamba"),
            std::string::npos);
}

}  // namespace
}  // namespace persea
