#include "eval/smallworld_eval.h"

#include <gtest/gtest.h>

#include "text/bpe_train.h"

namespace persea {
namespace {

// A model whose every layer adds nothing and whose head answers each token with the next one of a given reply: what it
// says is known, so the counts are.
std::unique_ptr<Model> parrot(const Tokenizer& tokenizer, const std::string& reply, int64_t context) {
  ModelConfig config;
  config.vocab = config.dim = tokenizer.vocab_size() + tokenizer.vocab_size() % 2;
  config.layers = 1, config.heads = 1, config.kv_heads = 1, config.head_dim = 2, config.hidden = 2;
  config.context = context, config.tied = false;
  auto model = std::make_unique<Model>(config, 1);
  for (Parameter* parameter : model->parameters())
    if (parameter->decay) parameter->value.zero();
  float* embedding = model->parameter("embedding").value.data();
  for (int64_t i = 0; i < config.vocab; ++i) embedding[i * config.dim + i] = 1;
  float* head = model->parameter("head").value.data();
  int32_t last = *tokenizer.special("<|assistant|>");
  for (const int32_t token : tokenizer.encode_with_specials("\n" + reply + "<|end|>")) {
    if (token == tokenizer.encode("\n")[0] && last == *tokenizer.special("<|assistant|>")) {
      last = token;
      continue;
    }
    head[token * config.dim + last] = 1;
    last = token;
  }
  return model;
}

TEST(SmallworldEval, CountsWhatIsRight) {
  const Tokenizer tokenizer = byte_tokenizer(chat_special_tokens());
  std::vector<SmallworldQuestion> questions = {
      {"where", "Where is Ada?", "She is far.", {"far"}, {"near"}, "names"},
      {"where", "Where is Bo?", "He is near.", {"near"}, {"far"}, "facts"},
      {"add", "What is 1 + 1?", "2", {"2"}, {"3"}, "facts"},
  };
  const auto model = parrot(tokenizer, "far", 64);
  Decoder decoder(*model);
  const auto report = ask_smallworld(decoder, tokenizer, questions, 8);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->examples[0].reply, "far");
  EXPECT_EQ(report->total.asked, 3);
  EXPECT_EQ(report->total.right, 1);
  EXPECT_DOUBLE_EQ(report->kinds.at("where").rate(), 0.5);
  EXPECT_EQ(report->kinds.at("add").right, 0);
  EXPECT_EQ(report->held_out.at("names").right, 1);
  EXPECT_EQ(report->held_out.at("facts").asked, 2);
  const Json json = report->json(2);
  EXPECT_EQ(json.at("examples").size(), 2U);
  EXPECT_EQ(json.at("examples")[0].at("right"), true);
  EXPECT_EQ(json.at("examples")[1].at("right"), false);

  // One that does not fit is wrong, and the others are asked all the same.
  questions[1].prompt_text.assign(200, 'x');
  const auto shorter = ask_smallworld(decoder, tokenizer, questions, 8);
  ASSERT_TRUE(shorter.ok()) << shorter.error().message;
  EXPECT_EQ(shorter->total.asked, 3);
  EXPECT_EQ(shorter->examples[0].reply, "far");
  EXPECT_EQ(shorter->examples[1].reply, "");
}

}  // namespace
}  // namespace persea
