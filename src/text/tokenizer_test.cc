#include "text/tokenizer.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <atomic>
#include <thread>

#include "base/random.h"
#include "text/bpe_train.h"
#include "text/byte_level.h"

namespace persea {
namespace {

constexpr std::string_view kText =
    "low lower lowest newer newest wider widest low low new new wide. The newest, widest river; the lower river's end: "
    "2024, 1999!\nIt's THEIRS, they'll say. über Straße, Größe; 日本語 😀";

Tokenizer small_tokenizer(Split split = {}, std::vector<std::string> specials = chat_special_tokens()) {
  BpeTraining training{300, split, std::move(specials)};
  bool given = false;
  ThreadPool threads(1);
  return *train_bpe(
      training,
      [&](std::string& text) -> Result<bool> {
        text = kText;
        return !std::exchange(given, true);
      },
      threads);
}

std::string random_bytes(Random& random, size_t n) {
  static constexpr std::string_view kPieces[] = {"low", " newest", "\u00e4",          " ", "\n", "'s",
                                                 "12",  "<|end|>", "\xf0\x9f\x98\x80"};
  std::string text;
  while (text.size() < n) {
    if (random.chance(0.4)) {
      text += static_cast<char>(random.below(256));
    } else {
      text += kPieces[random.below(std::size(kPieces))];
    }
  }
  return text;
}

TEST(Tokenizer, AnyBytesComeBack) {
  Random random(1);
  for (const char* name : {"none", "gpt2", "gpt4", "gpt4-1"}) {
    const Tokenizer tokenizer = small_tokenizer(*parse_split_name(name));
    for (int i = 0; i < 100; ++i) {
      const std::string text = random_bytes(random, i * 7);
      EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
      EXPECT_EQ(tokenizer.decode(tokenizer.encode_with_specials(text)), text);
    }
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(kText)), kText);
  }
}

TEST(Tokenizer, GivesTheSameIdsWarmColdAndInThreads) {
  const Tokenizer tokenizer = small_tokenizer();
  Random random(2);
  std::vector<std::string> texts;
  std::vector<std::vector<int32_t>> ids;
  for (int i = 0; i < 50; ++i) {
    texts.push_back(random_bytes(random, 3000));
    ids.push_back(small_tokenizer().encode(texts.back()));
  }
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (size_t i = 0; i < texts.size(); ++i) wrong += tokenizer.encode(texts[i]) != ids[i];
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Tokenizer, SpecialTokensCountOnlyWhereTheyAreAskedFor) {
  const Tokenizer tokenizer = small_tokenizer();
  const int32_t user = *tokenizer.special("<|user|>"), end = *tokenizer.special("<|end|>");
  const std::string text = "<|user|>low<|end|>";
  const auto with = tokenizer.encode_with_specials(text), without = tokenizer.encode(text);
  EXPECT_EQ(with.front(), user);
  EXPECT_EQ(with.back(), end);
  EXPECT_EQ(std::vector(with.begin() + 1, with.end() - 1), tokenizer.encode("low"));
  EXPECT_TRUE(std::none_of(without.begin(), without.end(), [&](int32_t id) { return tokenizer.is_special(id); }));
  EXPECT_EQ(tokenizer.decode(with), text);
  EXPECT_EQ(tokenizer.decode(with, true), "low");
  EXPECT_EQ(tokenizer.token_bytes(user), "<|user|>");
  EXPECT_EQ(tokenizer.token_bytes(-1), "");
  EXPECT_EQ(tokenizer.token_bytes(1 << 30), "");
  EXPECT_FALSE(tokenizer.special("<|nobody|>"));
  EXPECT_EQ(tokenizer.vocab_size(), 300);
}

TEST(Tokenizer, TheLongestAddedTokenWinsAndTakesItsSpaceAlong) {
  TokenizerParts parts = byte_tokenizer({}).parts();
  parts.added = {{300, "<a>", true}, {301, "<a><b>", true}, {302, "<l>", true, true}, {303, "<r>", true, false, true}};
  const Tokenizer tokenizer = *Tokenizer::create(parts, "test");
  const auto names = [&](std::string_view text) {
    std::string out;
    for (const int32_t id : tokenizer.encode_with_specials(text))
      out += id >= 300 ? fmt::format("[{}]", id) : std::string(tokenizer.token_bytes(id));
    return out;
  };
  EXPECT_EQ(names("<a><a><b>x"), "[300][301]x");
  EXPECT_EQ(names("x \u2003<l> y"), "x[302] y");
  EXPECT_EQ(names("x <r> \n y<r>"), "x [303]y[303]");
  EXPECT_EQ(names("<a> <l>"), "[300][302]");
  EXPECT_EQ(names("<<a"), "<<a");
  EXPECT_EQ(tokenizer.vocab_size(), 304);
}

TEST(Tokenizer, NormalizedTextAndTokens) {
  TokenizerParts parts = byte_tokenizer({}).parts();
  parts.nfc = true;
  parts.added = {{300, "\u00e9!", false, false, false, true}, {301, "e\u0301?", false}};
  const Tokenizer tokenizer = *Tokenizer::create(parts, "test");
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("e\u0301")), "\u00e9");
  EXPECT_EQ(tokenizer.encode_with_specials("e\u0301!"), (std::vector<int32_t>{300}));  // composed first, then found
  EXPECT_EQ(tokenizer.encode_with_specials("e\u0301?"), (std::vector<int32_t>{301}));  // found first
}

TEST(Tokenizer, IgnoreMergesTakesWholeWords) {
  TokenizerParts parts = small_tokenizer().parts();
  const auto word = static_cast<int32_t>(parts.tokens.size());
  parts.tokens.push_back(" unreachable");
  EXPECT_GT(Tokenizer::create(parts, "test")->encode(" unreachable").size(), 1u);
  parts.ignore_merges = true;
  const Tokenizer tokenizer = *Tokenizer::create(parts, "test");
  EXPECT_EQ(tokenizer.encode(" unreachable"), (std::vector<int32_t>{word}));
  EXPECT_EQ(Tokenizer::parse(tokenizer.to_json(), "test")->encode(" unreachable"), (std::vector<int32_t>{word}));
}

TEST(ByteLevel, EveryByteHasItsCharacter) {
  std::string bytes;
  for (int b = 0; b < 256; ++b) bytes += static_cast<char>(b);
  EXPECT_EQ(byte_level_bytes(byte_level_text(bytes)), bytes);
  EXPECT_EQ(byte_level_text(" a\n\xff"), "\u0120a\u010a\u00ff");
  EXPECT_FALSE(byte_level_bytes("a b"));
  EXPECT_FALSE(byte_level_bytes("\u65e5"));
  EXPECT_EQ(byte_level_order()[0], '!');
  EXPECT_EQ(byte_level_order()[255], 0xad);
}

// --- tokenizer.json ---

TEST(TokenizerJson, WhatIsWrittenIsReadBack) {
  Random random(4);
  for (const char* name : {"none", "gpt2", "gpt4", "gpt4-1"}) {
    const Tokenizer tokenizer = small_tokenizer(*parse_split_name(name));
    const auto again = Tokenizer::parse(tokenizer.to_json(), "again");
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(again->to_json(), tokenizer.to_json());
    EXPECT_EQ(again->parts().split, tokenizer.parts().split);
    const std::string text = std::string(kText) + random_bytes(random, 500);
    EXPECT_EQ(again->encode_with_specials(text), tokenizer.encode_with_specials(text));
  }
}

// The document of a small tokenizer with one place changed.
std::string altered(std::string_view pointer, const Json& value) {
  Json document = *parse_json(small_tokenizer().to_json(), "test");
  document[Json::json_pointer(std::string(pointer))] = value;
  return document.dump();
}

TEST(TokenizerJson, ReadsMergesAsStrings) {
  const Tokenizer tokenizer = small_tokenizer();
  Json document = *parse_json(tokenizer.to_json(), "test");
  for (Json& merge : document["model"]["merges"])
    merge = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
  EXPECT_EQ(Tokenizer::parse(document.dump(), "test")->encode(kText), tokenizer.encode(kText));
}

TEST(TokenizerJson, NamesWhatItDoesNotSupport) {
  const std::pair<std::string, std::string> cases[] = {
      {altered("/model/type", "Unigram"), "Unigram"},
      {altered("/model/dropout", 0.1), "dropout"},
      {altered("/model/byte_fallback", true), "byte_fallback"},
      {altered("/model/end_of_word_suffix", "</w>"), "end_of_word_suffix"},
      {altered("/normalizer", {{"type", "Lowercase"}}), "Lowercase"},
      {altered("/pre_tokenizer", {{"type", "Whitespace"}}), "Whitespace"},
      {altered("/pre_tokenizer", nullptr), "pre_tokenizer"},
      {altered("/pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", true}}), "add_prefix_space"},
      {altered("/pre_tokenizer/pretokenizers/0/pattern/Regex", "\\w+"), "\\w+"},
      {altered("/pre_tokenizer/pretokenizers/0/behavior", "Removed"), "Removed"},
      {altered("/added_tokens/0/single_word", true), "single_word"},
      {altered("/added_tokens/0/id", 77), "77"},
      {altered("/added_tokens/0/id", -1), "added_tokens"},
      {altered("/added_tokens/1/content", ""), "no content"},
      {altered("/added_tokens/1/content", "another"), "of another token"},
      {altered("/added_tokens/1/content", "two\nlines"), "two\\nlines"},
      {altered("/model/vocab/zzz", 60000000), "ids go up to 60000000"},
      {altered("/added_tokens", "x"), "added_tokens"},
      {altered("/model/vocab/zzz", 9), "share the id 9"},
      {altered("/model/vocab/zzz", 1e30), "zzz"},
      {altered("/model/vocab/zzz", -4), "zzz"},
      {altered("/model/vocab", Json::array()), "vocab"},
      {altered("/model/merges", 5), "merges"},
      {altered("/model/merges/3", "nospace"), "merge 3"},
      {altered("/model/merges/3", {"a", "nothing"}), "nothing"},
      {altered("/model/merges/3", {"z", "z"}), "merge 3"},
      {"[]", "model"},
      {"", "input"},
  };
  for (const auto& [json, word] : cases) {
    const auto result = Tokenizer::parse(json, "input");
    ASSERT_FALSE(result.ok()) << word;
    EXPECT_NE(result.error().message.find(word), std::string::npos) << word << ": " << result.error().message;
    EXPECT_EQ(result.error().message.find('\n'), std::string::npos) << result.error().message;
  }
}

TEST(TokenizerJson, AMissingByteIsAnError) {
  Json document = *parse_json(small_tokenizer().to_json(), "test");
  document["model"]["vocab"].erase("~");
  const auto result = Tokenizer::parse(document.dump(), "input");
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("0x7e"), std::string::npos) << result.error().message;
}

TEST(TokenizerJson, CutOrAlteredFilesAreErrorsOrTokenizers) {
  const std::string json = byte_tokenizer(chat_special_tokens()).to_json();
  for (size_t n = 0; n < json.size() - 2; n += 5) EXPECT_FALSE(Tokenizer::parse(json.substr(0, n), "input").ok()) << n;
  Random random(9);
  for (int i = 0; i < 150; ++i) {
    std::string changed = json;
    changed[random.below(changed.size())] = static_cast<char>(random.below(256));
    if (const auto tokenizer = Tokenizer::parse(changed, "input")) {
      EXPECT_EQ(tokenizer->decode(tokenizer->encode(kText)), kText);
    }
  }
}

TEST(TokenizerJson, ReadsGpt2sTwoFiles) {
  Json vocab = (*parse_json(byte_tokenizer({"<|endoftext|>"}).to_json(), "test"))["model"]["vocab"];
  vocab["th"] = 257;
  const auto tokenizer = Tokenizer::parse_gpt2(vocab.dump(), "#version: 0.2\nt h\r\n", "gpt2");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->encode("th"), std::vector<int32_t>{257});
  EXPECT_TRUE(tokenizer->special("<|endoftext|>").has_value());
  vocab["far"] = 60000000;
  EXPECT_NE(Tokenizer::parse_gpt2(vocab.dump(), "", "gpt2").error().message.find("ids go up to"), std::string::npos);
  vocab["far"] = 257;
  EXPECT_NE(Tokenizer::parse_gpt2(vocab.dump(), "", "gpt2").error().message.find("share the id"), std::string::npos);
}

TEST(TokenizerJson, FilesOnDisk) {
  const TempDir dir = *TempDir::create(fs::temp_directory_path(), "tokenizer");
  ASSERT_TRUE(small_tokenizer().save(dir.path() / "tokenizer.json").ok());
  EXPECT_EQ(Tokenizer::load(dir.path() / "tokenizer.json")->to_json(), small_tokenizer().to_json());
  const auto missing = Tokenizer::load(dir.path() / "none.json");
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("none.json"), std::string::npos);
}

// --- the GPT-2 vocabulary, where the shared data is there ---

std::optional<fs::path> shared_file(const std::string& name) {
  const char* root = std::getenv("PERSEA_SHARED");
  const fs::path path = (root ? fs::path(root) : fs::path(PERSEA_SOURCE_DIR) / "../shared") / "data/tokenizer" / name;
  return fs::exists(path) ? std::optional(path) : std::nullopt;
}

std::string unpacked(const fs::path& path) {
  const std::string packed = *read_file(path);
  std::string text(ZSTD_getFrameContentSize(packed.data(), packed.size()), '\0');
  EXPECT_EQ(ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size()), text.size());
  return text;
}

TEST(Gpt2, GivesTheGoldenIds) {
  const auto vocab = shared_file("gpt2/vocab.json.zst");
  if (!vocab) GTEST_SKIP() << "the shared data is not there (PERSEA_SHARED)";
  const auto gpt2 = Tokenizer::parse_gpt2(unpacked(*vocab), unpacked(*shared_file("gpt2/merges.txt.zst")), "gpt2");
  ASSERT_TRUE(gpt2.ok()) << gpt2.error().message;
  EXPECT_EQ(gpt2->vocab_size(), 50257);
  EXPECT_EQ(gpt2->special("<|endoftext|>"), 50256);
  const std::string golden = unpacked(*shared_file("gpt2/golden.jsonl.zst"));
  int lines = 0;
  for (size_t begin = 0; begin < golden.size(); ++lines) {
    const size_t end = std::min(golden.find('\n', begin), golden.size());
    const Json line = *parse_json(std::string_view(golden).substr(begin, end - begin), "golden");
    begin = end + 1;
    const std::string text = line["text"];
    ASSERT_EQ(gpt2->encode(text), line["ids"].get<std::vector<int32_t>>()) << text;
    ASSERT_EQ(gpt2->decode(gpt2->encode(text)), text);
  }
  EXPECT_GT(lines, 900);
}

}  // namespace
}  // namespace persea
