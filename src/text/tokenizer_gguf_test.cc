#include "text/tokenizer_gguf.h"

#include <gtest/gtest.h>

#include "text/bpe_train.h"
#include "text/chat_template.h"

namespace persea {
namespace {

constexpr const char* kText =
    "The theatre's 1234 thin things, e\xcc\x81t\xc3\xa9 \xe4\xbd\xa0\xe5\xa5\xbd!\n\n  And <|user|> more.";

Tokenizer trained(Split split) {
  BpeTraining training;
  training.vocab_size = 300;
  training.split = split;
  training.special_tokens = chat_special_tokens();
  bool given = false;
  return *train_bpe(
      training,
      [&](std::string& piece) -> Result<bool> {
        if (given) return false;
        given = true;
        for (int i = 0; i < 50; ++i) piece += kText;
        return true;
      },
      pool());
}

// The metadata that says what `tokenizer` is.
std::map<std::string, Json> metadata_of(const Tokenizer& tokenizer, const char* pre) {
  const Json document = *parse_json(tokenizer.to_json(), "test");
  Json tokens = Json::array(), types = Json::array(), merges = Json::array();
  for (int id = 0; id < tokenizer.vocab_size(); ++id) {
    tokens.push_back(fmt::format("[unused {}]", id));
    types.push_back(5);
  }
  for (const auto& [text, id] : document["model"]["vocab"].items()) {
    tokens[id.get<size_t>()] = text;
    types[id.get<size_t>()] = 1;
  }
  for (const Json& token : document["added_tokens"]) {
    tokens[token["id"].get<size_t>()] = token["content"];
    types[token["id"].get<size_t>()] = 3;
  }
  for (const Json& merge : document["model"]["merges"])
    merges.push_back(merge[0].get<std::string>() + " " + merge[1].get<std::string>());
  return {{"tokenizer.ggml.model", "gpt2"},
          {"tokenizer.ggml.pre", pre},
          {"tokenizer.ggml.tokens", tokens},
          {"tokenizer.ggml.token_type", types},
          {"tokenizer.ggml.merges", merges}};
}

TEST(TokenizerGguf, GivesTheSameIds) {
  for (const auto& [pre, split] : {std::pair{"gpt-2", Split{SplitRule::gpt2, 3}},
                                   {"llama-bpe", {SplitRule::gpt4, 3}},
                                   {"qwen2", {SplitRule::gpt4, 1}}}) {
    const Tokenizer tokenizer = trained(split);
    const auto read = tokenizer_from_gguf(metadata_of(tokenizer, pre), "test");
    ASSERT_TRUE(read.ok()) << pre << ": " << read.error().message;
    const std::string text = pre == std::string("qwen2") ? "The theatre's 1234\n\n <|user|> more" : kText;
    EXPECT_EQ(read->encode_with_specials(text), tokenizer.encode_with_specials(text)) << pre;
    EXPECT_EQ(read->special("<|user|>"), tokenizer.special("<|user|>"));
    EXPECT_EQ(read->parts().nfc, pre == std::string("qwen2"));
  }
}

TEST(TokenizerGguf, NamesWhatItDoesNotSupport) {
  const auto whole = metadata_of(trained({SplitRule::gpt2, 3}), "gpt-2");
  const auto error = [&](const char* key, const Json& value) {
    auto changed = whole;
    changed[key] = value;
    const auto result = tokenizer_from_gguf(changed, "test");
    return result ? std::string() : result.error().message;
  };
  EXPECT_NE(error("tokenizer.ggml.model", "other").find("\"other\""), std::string::npos);
  EXPECT_NE(error("tokenizer.ggml.pre", "other").find("\"other\""), std::string::npos);
  EXPECT_NE(error("tokenizer.ggml.tokens", {1, 2}).find("tokenizer.ggml.tokens"), std::string::npos);
  EXPECT_NE(error("tokenizer.ggml.tokens", {"a", "b"}).find("token_type"), std::string::npos);
  EXPECT_NE(error("tokenizer.ggml.token_type", "x").find("token_type"), std::string::npos);
  EXPECT_NE(error("tokenizer.ggml.merges", nullptr).find("merges"), std::string::npos);
  EXPECT_NE(error("tokenizer.ggml.merges", {"zz yy"}).find("merge 0"), std::string::npos);
}

}  // namespace
}  // namespace persea
