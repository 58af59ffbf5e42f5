#include "eval/model_scorer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "base/threads.h"
#include "infer/sampler.h"
#include "text/bpe_train.h"

namespace persea {
namespace {

class ModelScorerTest : public testing::Test {
 protected:
  ModelScorerTest() {
    const Tokenizer tokenizer = byte_tokenizer(chat_special_tokens());
    ModelConfig config;
    config.vocab = tokenizer.vocab_size(), config.dim = 32, config.layers = 2, config.heads = 2, config.kv_heads = 1;
    config.head_dim = 16, config.hidden = 32, config.context = 64, config.tied = false;
    Model model(config, 4);
    for (Parameter* parameter : model.parameters())
      if (parameter->decay)
        for (float& value : parameter->value.span()) value *= 6;  // probabilities that differ
    EXPECT_TRUE(save_model(model, dir(), {tokenizer.special(kEndOfText), chat_stop_tokens(tokenizer)}).ok());
    EXPECT_TRUE(tokenizer.save(dir() / "tokenizer.json").ok());
  }
  fs::path dir() const { return scratch_.path() / "model"; }
  std::unique_ptr<ModelScorer> open(int64_t tokens = 512) const {
    auto made = ModelScorer::open(dir(), "tiny", {.tokens = tokens});
    EXPECT_TRUE(made.ok()) << made.error().message;
    return std::move(*made);
  }
  // The same by the training pass, of the first `tokens`.
  double plain(std::string_view text, size_t tokens) const {
    const auto loaded = TextModel::load(dir());
    EXPECT_TRUE(loaded.ok());
    std::vector<int32_t> ids = {*loaded->roles.begin};
    loaded->tokenizer.encode(text, ids);
    ids.resize(std::min(ids.size(), tokens + 1));
    const auto count = static_cast<int64_t>(ids.size()) - 1;
    std::vector<int32_t> fed(ids.begin(), ids.end() - 1), positions, starts(fed.size(), 0), targets(fed.size(), -1);
    for (int64_t i = 0; i < count; ++i) positions.push_back(static_cast<int32_t>(i));
    const Tensor logits = loaded->model->logits({1, count, fed, targets, positions, starts});
    double nats = 0;
    for (int64_t i = 0; i < count; ++i) {
      const auto row =
          logits.span().subspan(static_cast<size_t>(i * logits.columns()), static_cast<size_t>(logits.columns()));
      nats += log_sum(row) - row[static_cast<size_t>(ids[static_cast<size_t>(i) + 1])];
    }
    return nats / std::log(2) / static_cast<double>(count);
  }
  const TempDir scratch_ = *TempDir::create(fs::temp_directory_path(), "persea-scorer");
};

std::vector<std::string> some_texts(int count) {
  Random random(6);
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) {
    std::string text;
    for (uint64_t k = random.below(150); k > 0; --k) text += static_cast<char>('a' + random.below(26));
    texts.push_back(text);
  }
  texts[1] = "";
  texts[2] = "x";
  texts[3] = "<|endoftext|>";  // common text here
  return texts;
}

std::vector<double> figures_of(ModelScorer& scorer, const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<double> figures(texts.size(), -1);
  const Status status = scorer.score(views, figures);
  EXPECT_TRUE(status.ok()) << status.error().message;
  return figures;
}

TEST_F(ModelScorerTest, IsThatOfTheTrainingPass) {
  const auto scorer = open();
  const std::vector<std::string> texts = some_texts(40);
  const std::vector<double> figures = figures_of(*scorer, texts);
  for (size_t i = 0; i < texts.size(); ++i)
    EXPECT_NEAR(figures[i], texts[i].empty() ? 0 : plain(texts[i], 64), 1e-3) << i;
}

TEST_F(ModelScorerTest, NeighboursPassesAndThreadsChangeNoBit) {
  const auto scorer = open();
  const std::vector<std::string> texts = some_texts(120);  // several passes
  const std::vector<double> all = figures_of(*scorer, texts);
  const int threads = pool().threads();
  set_threads(3);
  for (size_t i = 0; i < texts.size(); i += 7) EXPECT_EQ(figures_of(*scorer, {texts[i]})[0], all[i]) << i;
  std::vector<std::string> turned(texts.rbegin(), texts.rend());
  std::vector<double> again = figures_of(*scorer, turned);
  std::reverse(again.begin(), again.end());
  EXPECT_EQ(again, all);
  set_threads(threads);
}

TEST_F(ModelScorerTest, OnlyTheBeginningCounts) {
  const auto scorer = open(10);
  const std::vector<double> figures =
      figures_of(*scorer, {"0123456789abc", "0123456789xyz", "0123456789", "012345678"});
  EXPECT_EQ(figures[0], figures[1]);
  EXPECT_EQ(figures[0], figures[2]);
  EXPECT_NE(figures[0], figures[3]);
  EXPECT_NEAR(figures[0], plain("0123456789", 10), 1e-3);
}

TEST_F(ModelScorerTest, SettingsTellTheModel) {
  const auto one = open(10);
  EXPECT_EQ(one->settings(), open(10)->settings());
  EXPECT_NE(one->settings(), open(11)->settings());
  EXPECT_EQ(open(64)->settings(), open(512)->settings()) << "there are no more than the context";
  EXPECT_FALSE(ModelScorer::open(scratch_.path(), "none", {}).ok());
  EXPECT_FALSE(ModelScorer::open(dir(), "tiny", {.tokens = 1}).ok());
}

}  // namespace
}  // namespace persea
