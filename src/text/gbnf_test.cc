#include "text/gbnf.h"

#include <gtest/gtest.h>

#include "text/grammar_for_test.h"

namespace persea {
namespace {

std::string error_of(std::string_view text) {
  const auto grammar = grammar_from_gbnf(text, "g");
  if (!grammar) return grammar.error().message;
  const auto compiled = grammar->compile("g");
  return compiled ? "" : compiled.error().message;
}

GrammarForTest read(std::string_view text) {
  const auto grammar = grammar_from_gbnf(text, "g");
  EXPECT_TRUE(grammar.ok()) << grammar.error().message;
  return GrammarForTest(*grammar);
}

TEST(Gbnf, MatchesWhatTheRulesSay) {
  const struct {
    std::string_view grammar;
    std::vector<std::string_view> yes, no;
  } cases[] = {
      {R"(root ::= "yes" | "no")", {"yes", "no"}, {"", "y", "yesno", "maybe"}},
      {R"(root ::= [a-c]+ "-" [^x-z]?)", {"a-", "abc-d", "c-\xc3\xa9"}, {"-", "a", "ab-x", "d-", "a-dd", "a-\xc3"}},
      {R"(root ::= "a"{2} "b"{1,2} "c"{2,} "d"*)", {"aabcc", "aabbcccddd"}, {"abcc", "aabbbcc", "aabc"}},
      {R"(root ::= ("a" | "b" "c")* "!")", {"!", "abca!", "bcbc!"}, {"b!", "ac!"}},
      {"root ::= \"\\x41\\u00e9\\U0001F600\\n\\t\\\"\\\\\"", {"A\xc3\xa9\xf0\x9f\x98\x80\n\t\"\\"}, {"A"}},
      {"root ::= . .", {"ab", "\xc3\xa9\xe2\x82\xac", "\n\n"}, {"a", "\xc3", "abc", "\xff\xfe", "\xed\xa0\x80z"}},
      {"# a list\nroot ::= item (\",\" item)* # and on\n\nitem ::= [0-9]+ |\n  word\nword ::= (\n \"x\"\n \"y\" )\n",
       {"1", "12,xy", "xy,xy,3"},
       {"", ",", "1,", "x"}},
      {"root ::= expr\nexpr ::= term ([-+] term)*\nterm ::= [0-9]+ | \"(\" expr \")\"",
       {"1+2-3", "((1)+(2))", "(((((7)))))"},
       {"1+", "(1", "1)", "()"}},
      {"root ::= ws \"a\"\nws ::= ([ \\t\\n] ws)?", {"a", " \t\n  a"}, {" ", "b"}},
      {"root ::= \"\" | \"a\" root", {"", "a", "aaaa"}, {"b", "ab"}},
      {"root ::= [\\]\\-x] [a\\]]", {"]a", "-]", "x]"}, {"\\a", "aa"}},
      {"root ::= ((\"a\"*)* \"b\"?)+", {"", "aab", "baab"}, {"c"}},
      {"root ::= \"a\"{0} \"b\"", {"b"}, {"ab"}},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.grammar);
    const GrammarForTest grammar = read(one.grammar);
    ASSERT_EQ(grammar.problem, "");
    for (const auto text : one.yes) EXPECT_TRUE(grammar.matches(text)) << text;
    for (const auto text : one.no) EXPECT_FALSE(grammar.matches(text)) << text;
  }
}

TEST(Gbnf, LongRepetitionsCallNoDeeper) {
  const GrammarForTest grammar = read("root ::= [a-z] root | \".\"");
  std::string text(100000, 'x');
  text += '.';
  EXPECT_TRUE(grammar.matches(text));
  const GrammarForTest nested = read("root ::= \"(\" root \")\" | \"x\"");
  EXPECT_TRUE(nested.matches(std::string(200, '(') + "x" + std::string(200, ')')));
  EXPECT_FALSE(nested.matches(std::string(201, '(') + "x" + std::string(201, ')')));
}

TEST(Gbnf, ErrorsNameTheLine) {
  EXPECT_EQ(error_of("root ::= \"a\"\nx = \"b\""), "g:2: expected ::= behind x, found '='");
  EXPECT_EQ(error_of("a ::= \"a\""), "g: there is no rule named root");
  EXPECT_EQ(error_of("root ::= \"a\"\n  other"), "g:2: expected ::= behind other, found the end");
  EXPECT_EQ(error_of("root ::= a |\n b\na ::= \"x\""), "g:2: there is no rule named b");
  EXPECT_EQ(error_of("root ::= \"a\"\nroot ::= \"b\""), "g:2: root is defined a second time, after line 1");
  EXPECT_EQ(error_of("root ::= \"a"), "g:1: a text without its closing \"");
  EXPECT_EQ(error_of("root ::= [a"), "g:1: a class of characters without its closing ]");
  EXPECT_EQ(error_of("root ::= [z-a]"), "g:1: a range of characters that ends before it begins");
  EXPECT_EQ(error_of("root ::= (\"a\"\n\n"), "g:3: expected ), found the end");
  EXPECT_EQ(error_of("root ::= \"\\q\""), "g:1: unknown escape \\q");
  EXPECT_EQ(error_of("root ::= \"\\ud800\""), "g:1: U+D800 is no character");
  EXPECT_EQ(error_of("root ::= \"a\"{3,2}"), "g:1: {3,2}: the second number is the smaller one");
  EXPECT_EQ(error_of("root ::= <think>"), "g:1: tokens by name or number are not supported, only text");
  EXPECT_EQ(error_of("root ::= root \"a\" | \"b\""),
            "g: root begins with itself (left recursion); write it as a repetition");
  EXPECT_EQ(error_of("root ::= a \"x\" | \"y\"\na ::= b? root\nb ::= \"z\""),
            "g: root begins with itself (left recursion); write it as a repetition");
  EXPECT_EQ(error_of("root ::= a\na ::= \"x\" a"), "g: root matches no text at all");
  EXPECT_EQ(error_of("root ::= []"), "g: root matches no text at all");
  EXPECT_NE(error_of("root ::= ((((\"a\"{1000}){1000}){1000}){1000})"), "");
  EXPECT_NE(error_of("root ::= " + std::string(300, '(') + "\"a\"" + std::string(300, ')')), "");
}

TEST(GbnfSlow, TooManyStatesAreAnError) {
  EXPECT_NE(error_of("root ::= [ab]* \"a\" [ab]{40}"), "");  // 2^40 states
}

}  // namespace
}  // namespace persea
