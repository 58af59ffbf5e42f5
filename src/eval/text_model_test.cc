#include "eval/text_model.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "text/bpe_train.h"
#include "text/unicode.h"

namespace persea {
namespace {

class TextModelTest : public testing::Test {
 protected:
  TextModelTest() {
    const Tokenizer tokenizer = byte_tokenizer(chat_special_tokens());
    ModelConfig config;
    config.vocab = tokenizer.vocab_size(), config.dim = 32, config.layers = 1, config.heads = 2, config.kv_heads = 1;
    config.head_dim = 16, config.hidden = 32, config.context = 64, config.tied = false;
    Model model(config, 4);
    for (Parameter* parameter : model.parameters())
      if (parameter->decay)
        for (float& value : parameter->value.span()) value *= 12;  // varied text
    EXPECT_TRUE(save_model(model, dir(), {tokenizer.special(kEndOfText), chat_stop_tokens(tokenizer)}).ok());
    EXPECT_TRUE(tokenizer.save(dir() / "tokenizer.json").ok());
  }
  fs::path dir() const { return scratch_.path() / "model"; }
  const TempDir scratch_ = *TempDir::create(fs::temp_directory_path(), "persea-text-model");
};

TEST_F(TextModelTest, WritesAndStops) {
  const auto model = TextModel::load(dir());
  ASSERT_TRUE(model.ok()) << model.error().message;
  const std::vector<int32_t> prompt = model->prompt("Once");
  EXPECT_EQ(prompt.size(), 5U) << "the beginning token and four bytes";
  EXPECT_EQ(prompt[0], *model->tokenizer.special("<|endoftext|>"));
  Decoder decoder(*model->model);
  Session session(decoder);
  TextOptions options{.tokens = {.max_tokens = 30, .sampler = {.temperature = 0}}};

  std::string heard;
  const auto whole = write_text(session, model->tokenizer, prompt, options, [&](std::string_view text) {
    heard += text;
    return true;
  });
  ASSERT_TRUE(whole.ok()) << whole.error().message;
  EXPECT_EQ(whole->reason, StopReason::max_tokens);
  EXPECT_EQ(whole->tokens, 30);
  EXPECT_EQ(whole->text, heard);
  EXPECT_EQ(whole->text,
            unicode::to_valid_utf8(model->tokenizer.decode(session.generate(prompt, options.tokens)->tokens, true)));

  // The string that begins in the middle ends the text there, although the model wrote on.
  ASSERT_GT(whole->text.size(), 12U);
  const std::string stop = whole->text.substr(8, 4);
  options.stop = {stop};
  const auto cut = write_text(session, model->tokenizer, prompt, options);
  EXPECT_EQ(cut->reason, StopReason::stop_token);
  EXPECT_EQ(cut->text, whole->text.substr(0, whole->text.find(stop)));
  EXPECT_LT(cut->tokens, 30);

  options.stop.clear();
  const auto cancelled = write_text(session, model->tokenizer, prompt, options, [](std::string_view) { return false; });
  EXPECT_EQ(cancelled->reason, StopReason::cancelled);
}

TEST_F(TextModelTest, SaysWhatIsMissing) {
  ASSERT_TRUE(byte_tokenizer({"a longer", "list of", "special", "tokens", "than", "the model's"})
                  .save(dir() / "tokenizer.json")
                  .ok());
  EXPECT_NE(TextModel::load(dir()).error().message.find("do not belong together"), std::string::npos);
  fs::remove(dir() / "tokenizer.json");
  EXPECT_NE(TextModel::load(dir()).error().message.find("tokenizer.json"), std::string::npos);
}

}  // namespace
}  // namespace persea
