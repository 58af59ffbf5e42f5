#include "text/grammar_matcher.h"

#include <gtest/gtest.h>

#include <thread>

#include "text/gbnf.h"
#include "text/grammar_for_test.h"
#include "text/json_schema.h"

namespace persea {
namespace {

const std::vector<std::string> kPieces = {"ab",       "abc",      "\"a\"",  "\",",   "\", \"", "\":",  "{\"",     "\"}",
                                          "}}",       "]]]",      "[[",     "true",  "tr",     "null", "12",      "1.5",
                                          "\xc3",     "\xc3\xa9", "\xa9\"", "\\u00", "\\\"",   ", ",   ": \"",    "],[",
                                          "\xe2\x82", "\xac",     "a\"}",   "e5",    "-0",     "\"]}", "\": [\"", "\n"};

// The mask against what becomes of each token when it is tried.
void expect_exact(const GrammarForTest& grammar, GrammarMatcher& matcher, const std::string& so_far) {
  std::vector<uint64_t> bits(grammar.shared->vocabulary().words());
  matcher.allowed(bits);
  for (int32_t id = 0; id < grammar.shared->vocabulary().vocab_size(); ++id) {
    GrammarMatcher copy = matcher;
    const bool allowed = bits[static_cast<size_t>(id) / 64] >> (id % 64) & 1;
    ASSERT_EQ(allowed, copy.accept(id)) << so_far << " + " << grammar.shared->vocabulary().bytes(id);
  }
}

TEST(GrammarMatcher, MasksAreExact) {
  const auto vocabulary = vocabulary_for_test(kPieces);
  std::vector<Grammar> grammars = {grammar_for_json_value(), grammar_for_json_object()};
  for (const char* text : {"root ::= \"a\" root \"b\" | \"c\" root | \"ab\"", "root ::= [^\"]* \"\\\"\" root?",
                           "root ::= x x | x\nx ::= (\"a\" | \"ab\" | \"abc\") [\\n\"]* x?"}) {
    grammars.push_back(*grammar_from_gbnf(text, "g"));
  }
  for (size_t i = 0; i < grammars.size(); ++i) {
    const GrammarForTest grammar(grammars[i], vocabulary);
    ASSERT_EQ(grammar.problem, "");
    Random random(i);
    for (int walk = 0; walk < 6; ++walk) {
      GrammarMatcher matcher = grammar.matcher();
      std::string text;
      std::vector<uint64_t> bits(vocabulary->words());
      for (int step = 0; step < 12; ++step) {
        ASSERT_NO_FATAL_FAILURE(expect_exact(grammar, matcher, text));
        matcher.allowed(bits);
        std::vector<int32_t> allowed;
        for (int32_t id = 0; id < vocabulary->vocab_size(); ++id) {
          if (bits[static_cast<size_t>(id) / 64] >> (id % 64) & 1) allowed.push_back(id);
        }
        if (allowed.empty()) break;
        const int32_t token = random.pick(allowed);
        matcher.accept(token);
        text += vocabulary->bytes(token);
      }
    }
  }
}

TEST(GrammarMatcher, TheLimitOfDepthLeavesNoDeadEnd) {
  const GrammarForTest grammar(grammar_for_json_value(), vocabulary_for_test({"[[[[[[[", "]]]", "{\"\":", "[["}));
  GrammarMatcher matcher = grammar.matcher();
  for (int i = 0; i < 200; ++i) {
    if (i > 196) expect_exact(grammar, matcher, "[{...");
    ASSERT_TRUE(matcher.accept(i % 2 == 0 ? "[" : "{\"\":")) << i;
  }
  expect_exact(grammar, matcher, "[{...{");
  ASSERT_TRUE(matcher.accept("["));  // one more, which has to stay empty
  expect_exact(grammar, matcher, "[{...{[");
  EXPECT_FALSE(GrammarMatcher(matcher).accept("1"));
  ASSERT_TRUE(matcher.accept("]"));
  for (int i = 199; i >= 0; --i) ASSERT_TRUE(matcher.accept(i % 2 == 0 ? "]" : "}")) << i;
  EXPECT_TRUE(matcher.complete());
}

TEST(GrammarMatcher, EndsWhereItIsComplete) {
  const GrammarForTest grammar(*grammar_from_gbnf("root ::= \"a\"{1,2}", "g"), vocabulary_for_test({"aa"}));
  std::vector<uint64_t> bits(6);
  GrammarMatcher matcher = grammar.matcher({300, 320});
  const auto has = [&](int id) { return (bits[static_cast<size_t>(id) / 64] >> (id % 64) & 1) != 0; };
  matcher.allowed(bits);
  EXPECT_TRUE(has('a') && has(256));
  EXPECT_FALSE(has(300) || has('b'));
  EXPECT_FALSE(matcher.complete());
  ASSERT_TRUE(matcher.accept('a'));
  matcher.allowed(bits);
  EXPECT_TRUE(has('a') && has(300) && has(320));
  EXPECT_FALSE(has(256));
  GrammarMatcher other = matcher;
  ASSERT_TRUE(other.accept(300));
  EXPECT_TRUE(other.finished());
  EXPECT_FALSE(other.failed());
  other.allowed(bits);
  EXPECT_EQ(bits, std::vector<uint64_t>(6));
  EXPECT_FALSE(other.accept('a'));
  EXPECT_TRUE(other.failed());
  ASSERT_TRUE(matcher.accept('a'));
  matcher.allowed(bits);
  EXPECT_TRUE(has(300) && !has('a'));
  EXPECT_TRUE(matcher.finished());
  EXPECT_FALSE(matcher.accept('a'));  // fails, and stays so
  matcher.allowed(bits);
  EXPECT_EQ(bits, std::vector<uint64_t>(6));
  EXPECT_FALSE(matcher.accept(300));
  EXPECT_FALSE(matcher.complete());
  EXPECT_FALSE(grammar.matcher().accept(300));  // an end token of nobody
}

TEST(GrammarMatcher, AnEndTokenThatIsTextEndsNothingTooEarly) {
  const GrammarForTest grammar(*grammar_from_gbnf("root ::= \"ab\"", "g"), vocabulary_for_test({}));
  std::vector<uint64_t> bits(5);
  GrammarMatcher matcher = grammar.matcher({'a', 'x'});
  const auto has = [&](int id) { return (bits[static_cast<size_t>(id) / 64] >> (id % 64) & 1) != 0; };
  matcher.allowed(bits);
  EXPECT_FALSE(has('a') || has('x'));
  matcher = grammar.matcher({'x'});
  ASSERT_TRUE(matcher.accept('a') && matcher.accept('b'));
  matcher.allowed(bits);
  EXPECT_TRUE(has('x'));
}

TEST(GrammarMatcher, AmbiguityEndsTheTextAndNotTheGrammar) {
  // Every way to bracket the text is a stack of its own.
  const GrammarForTest grammar(*grammar_from_gbnf("root ::= \"a\" root root | \"a\" root | \"a\"", "g"));
  GrammarMatcher matcher = grammar.matcher();
  size_t length = 0;
  while (length < 100 && matcher.accept("a")) ++length;
  EXPECT_GT(length, 4u);
  EXPECT_FALSE(GrammarMatcher(matcher).accept("b"));
}

TEST(GrammarMatcher, ComposesGrammarsWithText) {
  const auto arguments = grammar_from_json_schema(R"({"type": "object", "properties": {"n": {"type": "integer"}},
      "required": ["n"], "additionalProperties": false})",
                                                  "f");
  ASSERT_TRUE(arguments.ok()) << arguments.error().message;
  const auto tool = [&](std::string_view name) {
    return Grammar::sequence({Grammar::literal("<tool_call>{\"name\": \"" + std::string(name) + "\", \"arguments\": "),
                              *arguments, Grammar::literal("}</tool_call>")});
  };
  const GrammarForTest one(Grammar::repeated(Grammar::alternatives({tool("f"), tool("g")}), 1, 2));
  ASSERT_EQ(one.problem, "");
  const std::string call = "<tool_call>{\"name\": \"g\", \"arguments\": {\"n\": 12}}</tool_call>";
  EXPECT_TRUE(one.matches(call));
  EXPECT_TRUE(one.matches(call + call));
  EXPECT_FALSE(one.matches(call + call + call));
  EXPECT_FALSE(one.matches("<tool_call>{\"name\": \"h\", \"arguments\": {\"n\": 12}}</tool_call>"));
  EXPECT_FALSE(one.matches(call.substr(0, call.size() - 1)));
  EXPECT_EQ(GrammarForTest(Grammar::alternatives({})).problem, "test: the whole matches no text at all");
}

TEST(GrammarMatcher, SmallCachesAndManyThreadsGiveTheSameMasks) {
  const auto vocabulary = vocabulary_for_test(kPieces);
  const auto compiled = grammar_for_json_value().compile("json");
  ASSERT_TRUE(compiled.ok());
  const auto shared = std::make_shared<const GrammarVocabulary>(*compiled, vocabulary, 3000);
  const auto run = [&](const std::shared_ptr<const GrammarVocabulary>& with) {
    GrammarMatcher matcher(with, {});
    std::vector<uint64_t> all, bits(vocabulary->words());
    for (const char c : std::string(R"({"a": [1, 2.5, {"b": "\u00e9x", "c": [[[]], true]}], "d": null})")) {
      matcher.allowed(bits);
      all.insert(all.end(), bits.begin(), bits.end());
      EXPECT_TRUE(matcher.accept(std::string_view(&c, 1))) << c;
    }
    EXPECT_TRUE(matcher.complete());
    return all;
  };
  const auto expected = run(std::make_shared<const GrammarVocabulary>(*compiled, vocabulary));
  std::vector<std::vector<uint64_t>> found(4);
  std::vector<std::thread> threads;
  for (auto& one : found) threads.emplace_back([&] { one = run(shared); });
  for (auto& thread : threads) thread.join();
  for (const auto& one : found) EXPECT_EQ(one, expected);
}

TEST(TokenTrie, LeavesOutWhatIsSpecialAndKeepsWhatIsThere) {
  const std::vector<std::string_view> tokens = {"b", "", "abc", "a", "ab", "a", "\xff"};
  const TokenTrie trie{std::span<const std::string_view>(tokens)};
  EXPECT_EQ(trie.vocab_size(), 7);
  EXPECT_EQ(trie.bytes(2), "abc");
  EXPECT_EQ(trie.bytes(7), "");
  ASSERT_EQ(trie.nodes().size(), 6u);  // the root, a, ab, abc, b, 0xff
  EXPECT_EQ(trie.nodes()[0].end, 6u);
  EXPECT_EQ(trie.nodes()[1].end, 4u);
  EXPECT_EQ(std::vector<int32_t>(trie.tokens(1).begin(), trie.tokens(1).end()), (std::vector<int32_t>{3, 5}));
  EXPECT_EQ(trie.tokens(2)[0], 4);
  EXPECT_EQ(trie.tokens(3)[0], 2);
  EXPECT_EQ(trie.tokens(0).size(), 0u);
  EXPECT_EQ(trie.nodes()[5].byte, 0xff);
}

}  // namespace
}  // namespace persea
