#include "text/tokenizer_pieces.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "text/streaming_decoder.h"
#include "text/token_trie.h"
#include "text/tokenizer_gguf.h"
#include "text/unicode.h"

namespace persea {
namespace {

const fs::path kGolden = fs::path(PERSEA_SOURCE_DIR) / "tests/golden/tokenizers";

Json golden(const std::string& name) { return *read_json(kGolden / (name + ".json")); }

// Tokenizers that the library tokenizers made, and what it makes of texts (bench/peers/make_tokenizer_golden.py).
class GoldenTokenizer : public testing::TestWithParam<const char*> {};

TEST_P(GoldenTokenizer, GivesTheSameIdsAndTexts) {
  const Json document = golden(GetParam());
  const auto tokenizer = Tokenizer::from_json(document["tokenizer"], "test");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  const auto again = Tokenizer::parse(tokenizer->to_json(), "again");
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->to_json(), tokenizer->to_json());
  for (const Json& given : document["cases"]) {
    const std::string text = given["text"];
    const auto ids = given["ids"].get<std::vector<int32_t>>();
    EXPECT_EQ(tokenizer->encode_with_specials(text), ids) << text;
    EXPECT_EQ(again->encode_with_specials(text), ids) << text;
    // Tokens whose names are looked for in normalized text are not left out by the library, and get a space.
    if (GetParam() == std::string("llama2_normalized")) continue;
    EXPECT_EQ(tokenizer->decode(ids, true), given["decoded"].get<std::string>()) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, GoldenTokenizer,
                         testing::Values("llama2", "llama2_normalized", "metaspace_first", "metaspace_split", "smollm",
                                         "llama4"));

Tokenizer llama2() { return *Tokenizer::from_json(golden("llama2")["tokenizer"], "test"); }

TEST(Pieces, AnyBytesComeBack) {
  const Tokenizer tokenizer = llama2();
  Random random(3);
  for (int i = 0; i < 200; ++i) {
    std::string text;
    while (text.size() < static_cast<size_t>(i)) {
      text += random.chance(0.5) ? std::string(1, static_cast<char>(random.below(256))) : " the river";
    }
    if (text.find(kSpaceMark) != text.npos) continue;
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  }
}

TEST(Pieces, LongTextsAreAsShortOnes) {
  const Tokenizer tokenizer = llama2();
  std::string text;
  std::vector<int32_t> wanted;
  const std::vector<int32_t> one = tokenizer.encode("the widest river");
  for (int i = 0; i < 500; ++i) {
    text += i ? " the widest river" : "the widest river";
    wanted.insert(wanted.end(), one.begin(), one.end());
  }
  EXPECT_EQ(tokenizer.encode(text), wanted);
}

TEST(Pieces, WhatGoesOnATextKeepsItsSpaces) {
  const Tokenizer tokenizer = llama2();
  const std::vector<int32_t> ids = tokenizer.encode("The river is \xe6\xbc\xa2 wide");
  StreamingDecoder decoder(tokenizer);
  std::string text;
  for (const int32_t id : ids) {
    const std::string piece = decoder.push(id);
    EXPECT_EQ(unicode::to_valid_utf8(piece), piece);
    text += piece;
  }
  EXPECT_EQ(text + decoder.finish(), " The river is \xe6\xbc\xa2 wide");
  EXPECT_EQ(tokenizer.decode(ids), "The river is \xe6\xbc\xa2 wide");
}

TEST(Pieces, TheTreeHoldsTheirBytes) {
  const Tokenizer tokenizer = llama2();
  const TokenTrie trie(tokenizer);
  const std::vector<int32_t> ids = tokenizer.encode("The river\n");
  EXPECT_EQ(trie.bytes(ids[0]), " The");
  EXPECT_EQ(trie.bytes(ids.back()), "\n");
  EXPECT_EQ(trie.bytes(*tokenizer.special("<s>")), "");
}

// --- GGUF ---

std::map<std::string, Json> metadata() {
  Json tokens = {"<unk>", "<s>", "</s>"}, types = {2, 3, 3}, scores = {0, 0, 0};
  for (int byte = 0; byte < 256; ++byte) {
    tokens.push_back(byte_piece(static_cast<unsigned char>(byte)));
    types.push_back(6);
    scores.push_back(0);
  }
  const std::pair<const char*, double> pieces[] = {{"\xe2\x96\x81", -100},
                                                   {"a", -101},
                                                   {"b", -102},
                                                   {"c", -103},
                                                   {"ab", -1},
                                                   {"bc", -1},
                                                   {"abc", -5},
                                                   {"aa", -2},
                                                   {"\xe2\x96\x81"
                                                    "a",
                                                    -7},
                                                   {"<tool>", -9}};
  for (const auto& [piece, score] : pieces) {
    tokens.push_back(piece);
    types.push_back(std::string_view(piece) == "<tool>" ? 4 : 1);
    scores.push_back(score);
  }
  return {{"tokenizer.ggml.model", "llama"},
          {"tokenizer.ggml.tokens", tokens},
          {"tokenizer.ggml.token_type", types},
          {"tokenizer.ggml.scores", scores}};
}

std::string spelled(const Tokenizer& tokenizer, std::string_view text) {
  std::string out;
  for (const int32_t id : tokenizer.encode_with_specials(text))
    out += '[' + std::string(tokenizer.token_bytes(id)) + ']';
  return out;
}

TEST(PiecesInGguf, MergeByScoreAndTheLeftmostOfEqualOnes) {
  const auto tokenizer = tokenizer_from_gguf(metadata(), "test");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  const auto written = gguf_from_tokenizer(*tokenizer);
  ASSERT_TRUE(written.ok()) << written.error().message;
  const auto again = tokenizer_from_gguf({written->begin(), written->end()}, "again");
  ASSERT_TRUE(again.ok()) << again.error().message;
  for (const Tokenizer& each : {*tokenizer, *again}) {
    EXPECT_EQ(spelled(each, "bcab"), "[ ][bc][ab]");
    EXPECT_EQ(spelled(each, "babc"), "[ ][b][abc]") << "ab and bc have one score: ab comes first, then c";
    EXPECT_EQ(spelled(each, "aaa"), "[ ][aa][a]");
    EXPECT_EQ(spelled(each, "a<tool>a"), "[ a][<tool>][ a]");
    EXPECT_EQ(spelled(each, "x"), "[ ][x]");
    EXPECT_EQ(each.encode("<s>").size(), 4U) << "the name of a control token is text";
    EXPECT_FALSE(each.is_special(*each.special("<tool>")));
  }
  auto plain = metadata();
  plain["tokenizer.ggml.add_space_prefix"] = false;
  EXPECT_EQ(spelled(*tokenizer_from_gguf(plain, "test"), "a a"), "[a][ a]");
}

TEST(PiecesInGguf, NameWhatIsMissing) {
  const auto error = [](const char* key, const Json& value) {
    auto changed = metadata();
    changed[key] = value;
    const auto result = tokenizer_from_gguf(changed, "test");
    return result ? std::string() : result.error().message;
  };
  const Json types = metadata()["tokenizer.ggml.token_type"];
  Json other = types;
  other[5] = 1;
  EXPECT_NE(error("tokenizer.ggml.token_type", other).find("<0x02>"), std::string::npos);
  other[5] = 6, other[260] = 6;
  EXPECT_NE(error("tokenizer.ggml.token_type", other).find("token 260"), std::string::npos);
  EXPECT_NE(error("tokenizer.ggml.scores", {1, 2}).find("scores"), std::string::npos);
  EXPECT_NE(error("tokenizer.ggml.token_type", nullptr).find("token_type"), std::string::npos);
  EXPECT_NE(error("tokenizer.ggml.tokens", 7).find("tokens"), std::string::npos);
}

// --- stories260K, where the shared data is there ---

TEST(PiecesInGguf, OfStoriesGiveTheReferencesTokens) {
  const char* root = std::getenv("PERSEA_SHARED");
  const fs::path dir = (root ? fs::path(root) : fs::path(PERSEA_SOURCE_DIR) / "../shared") / "data/weights/stories260K";
  if (!fs::exists(dir)) GTEST_SKIP() << "the shared data is not there (PERSEA_SHARED)";
  Json tokens = Json::array(), types = Json::array(), scores = Json::array();
  const Json pieces = *read_json(dir / "vocab.json");
  for (const Json& piece : pieces) {
    const auto id = piece["id"].get<int>();
    tokens.push_back(id == 1 ? "<s>" : id == 2 ? "</s>" : piece_text(piece["piece"].get<std::string>()));
    types.push_back(id == 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1);
    scores.push_back(piece["score"]);
  }
  const auto tokenizer = tokenizer_from_gguf({{"tokenizer.ggml.model", "llama"},
                                              {"tokenizer.ggml.tokens", tokens},
                                              {"tokenizer.ggml.token_type", types},
                                              {"tokenizer.ggml.scores", scores}},
                                             "stories260K");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  const Json wanted = *read_json(dir / "greedy_golden.json");
  auto ids = wanted["tokens"].get<std::vector<int32_t>>();
  ids.erase(ids.begin());
  EXPECT_EQ(tokenizer->decode(ids), wanted["text"].get<std::string>());
  // The model writes some words in other tokens than encoding does; the first ones are the same.
  const std::vector<int32_t> encoded = tokenizer->encode("Once upon a time, there was a little girl named Lily.");
  EXPECT_TRUE(std::equal(encoded.begin(), encoded.end(), ids.begin()));
}

}  // namespace
}  // namespace persea
