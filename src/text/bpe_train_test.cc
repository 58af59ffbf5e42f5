#include "text/bpe_train.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "text/byte_level.h"

namespace persea {
namespace {

constexpr const char* kText =
    "low lower lowest newer newest wider widest low low new new wide. The newest, widest river; the lower river's end: "
    "2024, 1999!\nIt's THEIRS, they'll say. über Straße, Größe; 日本語 😀";
constexpr const char* kRepeats =
    "ababab abab aab aabb abba baab bbab abaab ababb babab aaabb bbbaa abbab aab ab abab babb aabab";

// Gives each text once.
TextSource source_of(std::vector<std::string> texts) {
  return [texts = std::move(texts), next = size_t{0}](std::string& text) mutable -> Result<bool> {
    if (next == texts.size()) return false;
    text = texts[next++];
    return true;
  };
}

Result<Tokenizer> train(const BpeTraining& training, std::vector<std::string> texts, int threads = 1,
                        BpeTrainingFacts* facts = nullptr) {
  ThreadPool pool(threads);
  return train_bpe(training, source_of(std::move(texts)), pool, facts);
}

std::vector<std::string> merges_of(const Tokenizer& tokenizer) {
  std::vector<std::string> merges;
  const TokenizerParts& parts = tokenizer.parts();
  for (const auto& [left, right] : parts.merges)
    merges.push_back(byte_level_text(parts.tokens[left]) + " " + byte_level_text(parts.tokens[right]));
  return merges;
}

using Merges = std::vector<std::string>;

// The merges of `tokenizers` 0.23.3 from the same text.
TEST(BpeTrain, LearnsTheMergesOfTokenizers) {
  const auto gpt2 = train({300, {SplitRule::gpt2, 3}, {"<|endoftext|>"}}, {kText});
  EXPECT_EQ(merges_of(*gpt2),
            (Merges{"e r", "l o",  "lo w",  "e s",   "e w",     "n ew",     "Ġ low",    "Ġ new", "es t",
                    "i d", "w id", "Ġ wid", "h e",   "' s",     "9 9",      "i v",      "r iv",  "t he",
                    "Ã Ł", "Ġ T",  "Ġ riv", "Ġ the", "Ġlow er", "Ġnew est", "Ġwid est", "ÃŁ e",  "Ġriv er",
                    "' l", "0 2",  "1 99",  "2 02",  "E I",     "G r",      "H EI",     "I t",   "R S",
                    "S t", "a y",  "a ÃŁe", "b er",  "e n",     "r aÃŁe",   "s ay"}));
  const auto gpt4 = train({300, {SplitRule::gpt4, 3}, {"<|endoftext|>"}}, {kText});
  EXPECT_EQ(merges_of(*gpt4),
            (Merges{"e r", "l o",   "lo w",  "e s",     "e w",      "n ew",     "Ġ low", "Ġ new",   "es t",
                    "i d", "w id",  "Ġ wid", "h e",     "' s",      "i v",      "r iv",  "t he",    "Ã Ł",
                    "Ġ T", "Ġ riv", "Ġ the", "Ġlow er", "Ġnew est", "Ġwid est", "ÃŁ e",  "Ġriv er", "! Ċ",
                    "' l", "0 2",   "1 9",   "2 02",    "E I",      "G r",      "H EI",  "I t",     "R S",
                    "S t", "a y",   "a ÃŁe", "b er",    "e n",      "r aÃŁe",   "s ay"}));
  EXPECT_EQ(gpt4->encode(kText),
            (std::vector<int32_t>{259, 278, 263, 265, 264, 257, 279, 268, 257, 280, 263, 263, 264, 264, 268, 69,  14,
                                  275, 269, 279, 12,  280, 282, 27,  277, 278, 282, 270, 221, 297, 68,  26,  221, 287,
                                  20,  12,  221, 286, 25,  25,  283, 291, 270, 275, 290, 292, 12,  277, 89,  284, 76,
                                  221, 299, 14,  221, 128, 121, 296, 221, 293, 298, 12,  221, 289, 128, 115, 281, 27,
                                  221, 163, 246, 99,  163, 251, 106, 165, 104, 253, 221, 173, 254, 247, 223}));
}

// Few letters: pairs that overlap themselves, and tokens that come about in two ways ("ab ab", "a bab").
TEST(BpeTrain, LearnsTheMergesOfTokenizersFromRepeats) {
  const auto all = train({284, {SplitRule::gpt2, 3}, {"<|endoftext|>"}}, {kRepeats});
  ASSERT_TRUE(all.ok()) << all.error().message;
  EXPECT_EQ(merges_of(*all),
            (Merges{"a b",    "a ab",   "Ġ ab",   "Ġ b",    "Ġ aab",   "ab ab",   "Ġab ab",  "b a",     "b ab",
                    "a aab",  "b ba",   "Ġ aaab", "ab b",   "Ġab aab", "Ġab ba",  "Ġab bab", "Ġb aab",  "Ġb abab",
                    "Ġb bab", "Ġb bba", "Ġb abb", "Ġaab b", "Ġaab ab", "abab ab", "Ġabab b", "Ġaaab b", "Ġbbba a"}));
  BpeTraining bounded{269, {SplitRule::gpt2, 3}, {"<|endoftext|>"}};
  bounded.max_token_bytes = 4;
  EXPECT_EQ(merges_of(*train(bounded, {kRepeats})),
            (Merges{"a b", "a ab", "Ġ ab", "Ġ b", "Ġ aab", "ab ab", "b a", "b ab", "ab b", "a aab", "b ba", "bba a"}));
}

TEST(BpeTrain, MinFrequencyEndsIt) {
  BpeTraining training{270, {SplitRule::gpt4, 3}, {"<|endoftext|>"}};
  training.min_frequency = 3;
  EXPECT_EQ(merges_of(*train(training, {kText})).back(), "h e");
  training.vocab_size = 271;
  const auto more = train(training, {kText});
  ASSERT_FALSE(more.ok());
  EXPECT_NE(more.error().message.find("13 merges of pairs seen 3 times"), std::string::npos) << more.error().message;
}

TEST(BpeTrain, TheResultDoesNotDependOnThreadsOrPieces) {
  std::vector<std::string> pieces;
  for (int i = 0; i < 40; ++i) pieces.emplace_back(i % 3 ? kText : kRepeats);
  const BpeTraining training{310, {}, chat_special_tokens()};
  const std::string one = train(training, pieces, 1)->to_json();
  for (const int threads : {2, 3}) EXPECT_EQ(train(training, pieces, threads)->to_json(), one);
  std::reverse(pieces.begin(), pieces.end());
  EXPECT_EQ(train(training, pieces, 2)->to_json(), one);
}

TEST(BpeTrain, SaysWhatTheTextAllows) {
  const auto result = train({1000, {}, {"<|endoftext|>"}}, {"ab ab"});
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("only 2 merges"), std::string::npos) << result.error().message;
  EXPECT_NE(result.error().message.find("at most 259 tokens, not 1000"), std::string::npos) << result.error().message;
  EXPECT_FALSE(train({300, {}, {}}, {}).ok());
  EXPECT_TRUE(train({256, {}, {}}, {}).ok());  // the bytes alone
}

TEST(BpeTrain, RefusesSettingsThatMakeNoSense) {
  for (const BpeTraining& training :
       {BpeTraining{100, {}, {}}, BpeTraining{256, {}, {"<|a|>"}}, BpeTraining{1 << 30, {}, {}},
        BpeTraining{300, {}, {"<|a|>", "<|a|>"}}, BpeTraining{300, {}, {"a"}}})
    EXPECT_FALSE(train(training, {kText}).ok()) << training.vocab_size;
}

TEST(BpeTrain, AnErrorOfTheSourceIsTheResult) {
  ThreadPool threads(2);
  const auto result = train_bpe(
      {300, {}, {}}, [](std::string&) -> Result<bool> { return fail("disk on fire"); }, threads);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message, "disk on fire");
}

TEST(BpeTrain, LongWordsAreLeftOut) {
  BpeTraining training{258, {}, {}};
  training.max_word_bytes = 10;
  BpeTrainingFacts facts;
  const auto tokenizer = train(training, {"ab ab ab " + std::string(50, 'z')}, 1, &facts);
  EXPECT_EQ(merges_of(*tokenizer), (Merges{"a b", "Ġ ab"}));
  EXPECT_EQ(facts.long_words, 1);
  EXPECT_EQ(facts.words, 4);
  EXPECT_EQ(facts.distinct_words, 2);
  EXPECT_EQ(facts.bytes, 59);
}

TEST(BpeTrain, NoMergeMakesASpecialTokensText) {
  BpeTraining training{262, {SplitRule::none, 3}, {"<|e|>"}};
  const std::string text = "<|e|>";
  const auto tokenizer = train(training, {text + text + text + text + text});
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  for (const int32_t id : tokenizer->encode(text)) EXPECT_FALSE(tokenizer->is_special(id));
}

TEST(BpeTrain, ByteTokenizerIsTheTrainersBeginning) {
  const Tokenizer bytes = byte_tokenizer(chat_special_tokens());
  EXPECT_EQ(bytes.vocab_size(), 261);
  EXPECT_EQ(bytes.encode("\x01z\xff").size(), 3u);
  EXPECT_EQ(bytes.decode(bytes.encode("\x01z\xff")), "\x01z\xff");
  EXPECT_EQ(*bytes.special("<|endoftext|>"), 0);
}

// A published reference breaks ties the other way: all but the merges at the very end have to be among ours.
TEST(BpeTrain, AgreesWithTheReferenceButForTies) {
  const char* root = std::getenv("PERSEA_SHARED");
  const fs::path dir =
      (root ? fs::path(root) : fs::path(PERSEA_SOURCE_DIR) / "../shared") / "data/tokenizer/bpe-train-reference";
  if (!fs::exists(dir)) GTEST_SKIP() << "the shared data is not there (PERSEA_SHARED)";
  const auto tokenizer = train({500, {SplitRule::gpt2, 3}, {"<|endoftext|>"}}, {*read_file(dir / "corpus.en")});
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  const Merges ours = merges_of(*tokenizer);
  const std::set<std::string> known(ours.begin(), ours.end());
  const std::string reference = *read_file(dir / "train-bpe-reference-merges.txt");
  int lines = 0, agree = 0;
  for (size_t begin = 0; begin < reference.size(); ++lines) {
    const size_t end = reference.find('\n', begin);
    agree += known.contains(reference.substr(begin, end - begin));
    begin = end + 1;
  }
  EXPECT_EQ(lines, 243);
  EXPECT_EQ(ours.size(), 243u);
  EXPECT_EQ(agree, 239);
}

}  // namespace
}  // namespace persea
