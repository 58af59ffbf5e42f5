#include "infer/generate.h"

#include <gtest/gtest.h>

#include <memory>

namespace persea {
namespace {

// A small model whose greedy text is varied: large random weights.
class Generate : public testing::Test {
 protected:
  Generate() {
    ModelConfig config;
    config.vocab = 50, config.dim = 32, config.layers = 2, config.heads = 4, config.kv_heads = 2, config.head_dim = 8;
    config.hidden = 64, config.context = 48;
    config.tied = false;
    model_ = std::make_unique<Model>(config, 3);
    for (Parameter* parameter : model_->parameters())
      if (parameter->decay)
        for (float& value : parameter->value.span()) value *= 12;
    decoder_ = std::make_unique<Decoder>(*model_);
  }
  Generation greedy(const std::vector<int32_t>& prompt, int64_t tokens, std::vector<int32_t> stop = {}) {
    Session session(*decoder_);
    return *session.generate(prompt, {.max_tokens = tokens, .sampler = {.temperature = 0}, .stop = std::move(stop)});
  }
  std::unique_ptr<Model> model_;
  std::unique_ptr<Decoder> decoder_;
};

TEST_F(Generate, WritesTheSameWhetherTheCacheIsWarmOrNot) {
  const std::vector<int32_t> prompt = {1, 2, 3, 4};
  const Generation first = greedy(prompt, 20);
  ASSERT_EQ(first.tokens.size(), 20U);
  EXPECT_EQ(first.reason, StopReason::max_tokens);

  Session session(*decoder_);
  const GenerateOptions options{.max_tokens = 20, .sampler = {.temperature = 0}};
  EXPECT_EQ(session.generate(prompt, options)->tokens, first.tokens);
  EXPECT_EQ(session.reused(), 0);
  EXPECT_EQ(session.generate(prompt, options)->tokens, first.tokens);
  EXPECT_EQ(session.reused(), 3) << "all but the last token of the prompt";
  std::vector<int32_t> longer = prompt;
  longer.insert(longer.end(), first.tokens.begin(), first.tokens.begin() + 10);
  EXPECT_EQ(session.generate(longer, {.max_tokens = 10, .sampler = {.temperature = 0}})->tokens,
            std::vector<int32_t>(first.tokens.begin() + 10, first.tokens.end()));
  EXPECT_EQ(session.reused(), 13);
  const std::vector<int32_t> other = {1, 2, 9, 4};
  EXPECT_EQ(session.generate(other, options)->tokens, greedy(other, 20).tokens);
  EXPECT_EQ(session.reused(), 2);
}

TEST_F(Generate, StopsWhereItIsTold) {
  const Generation whole = greedy({5, 6}, 12);
  const int32_t stop = whole.tokens[7];
  const auto first = std::find(whole.tokens.begin(), whole.tokens.end(), stop);
  const Generation cut = greedy({5, 6}, 12, {49, stop});
  EXPECT_EQ(cut.reason, StopReason::stop_token);
  EXPECT_EQ(cut.tokens, std::vector<int32_t>(whole.tokens.begin(), first));

  Session session(*decoder_);
  std::vector<int32_t> heard;
  const auto cancelled = session.generate(std::vector<int32_t>{5, 6}, {.max_tokens = 12, .sampler = {.temperature = 0}},
                                          [&](int32_t token) { return heard.push_back(token), heard.size() < 3; });
  EXPECT_EQ(cancelled->reason, StopReason::cancelled);
  EXPECT_EQ(heard, std::vector<int32_t>(whole.tokens.begin(), whole.tokens.begin() + 3));
  EXPECT_TRUE(greedy({5}, 0).tokens.empty());
}

TEST_F(Generate, KeepsToTheContext) {
  const Generation full = greedy(std::vector<int32_t>(40, 7), 100);
  EXPECT_EQ(full.reason, StopReason::context);
  EXPECT_EQ(full.tokens.size(), 9U) << "8 places and the token after the last";
  Session session(*decoder_);
  EXPECT_NE(session.generate(std::vector<int32_t>(48, 7), {}).error().message.find("prompt has 48 tokens"),
            std::string::npos);
  EXPECT_FALSE(session.generate(std::vector<int32_t>{}, {}).ok());
  EXPECT_FALSE(session.generate(std::vector<int32_t>{50}, {}).ok());
  EXPECT_FALSE(session.generate(std::vector<int32_t>{1}, {.sampler = {.top_p = 2}}).ok());
}

TEST_F(Generate, SamplesTheSameForTheSameSeed) {
  const auto sample = [&](uint64_t seed) {
    Session session(*decoder_);
    return session
        .generate(std::vector<int32_t>{1, 2}, {.max_tokens = 20, .sampler = {.temperature = 1.5, .seed = seed}})
        ->tokens;
  };
  EXPECT_EQ(sample(1), sample(1));
  EXPECT_NE(sample(1), sample(2));
}

TEST_F(Generate, ManyPromptsTogetherGetTheirOwnAnswers) {
  std::vector<std::vector<int32_t>> prompts;
  for (int32_t i = 0; i < 70; ++i) {
    prompts.emplace_back(static_cast<size_t>(1 + i % 45), i % 50);
    prompts.back().back() = (i * 7) % 50;
  }
  const std::vector<int32_t> stop = {17};
  const auto together = generate_greedy(*decoder_, prompts, 8, stop);
  ASSERT_TRUE(together.ok()) << together.error().message;
  ASSERT_EQ(together->size(), prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) {
    const Generation alone = greedy(prompts[i], 8, stop);
    EXPECT_EQ((*together)[i].tokens, alone.tokens) << i;
    EXPECT_EQ((*together)[i].reason, alone.reason) << i;
  }
  prompts[4].clear();
  EXPECT_NE(generate_greedy(*decoder_, prompts, 8, stop).error().message.find("prompt 5"), std::string::npos);
}

}  // namespace
}  // namespace persea
