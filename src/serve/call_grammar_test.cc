#include "serve/call_grammar.h"

#include <gtest/gtest.h>

#include "text/bpe_train.h"
#include "text/grammar_matcher.h"

namespace persea {
namespace {

class CallGrammar : public testing::Test {
 protected:
  CallGrammar() {
    rules_.all_strict = false;
    rules_.tools = {tool("hot", true), tool("free", false)};
  }
  static Tool tool(const std::string& name, bool strict) {
    const OrderedJson parameters = OrderedJson::parse(
        R"({"type": "object", "properties": {"hot": {"type": "boolean"}}, "required": ["hot"],
            "additionalProperties": false})");
    return {.name = name,
            .definition = {{"type", "function"}, {"function", {{"name", name}, {"parameters", parameters}}}},
            .strict = strict};
  }
  // "yes": it may end there; "on": it may go on; "no".
  std::string takes(std::string_view text) {
    const auto grammar = free_or_calls_grammar(rules_);
    if (!grammar) return grammar.error().message;
    const auto compiled = grammar->compile("test");
    if (!compiled) return compiled.error().message;
    GrammarMatcher matcher(std::make_shared<GrammarVocabulary>(*compiled, trie_), {});
    if (!matcher.accept(text)) return "no";
    return matcher.complete() ? "yes" : "on";
  }
  CallRules rules_;
  const std::shared_ptr<const TokenTrie> trie_ = std::make_shared<TokenTrie>(byte_tokenizer({}));
};

TEST_F(CallGrammar, TextIsFreeAndCallsAreStrict) {
  for (const char* text : {"", "Hello <tool>, a < b, <tool_cal", "{\"name\": 1}", "<<tool_call"}) {
    EXPECT_EQ(takes(text), "yes") << text;
  }
  const std::string call = "<tool_call>\n{\"name\": \"hot\", \"arguments\": {\"hot\":true}}\n</tool_call>";
  EXPECT_EQ(takes("<tool_call>"), "on");
  EXPECT_EQ(takes("<<tool_call>x"), "no");
  EXPECT_EQ(takes("I look. " + call), "yes");
  EXPECT_EQ(takes(call + "\n" + call + " Done."), "yes");
  EXPECT_EQ(takes("<tool_call>\n{\"name\": \"hot\", \"arguments\": {\"hot\":1"), "no");
  EXPECT_EQ(takes("<tool_call>\n{\"name\": \"cold"), "no");
  EXPECT_EQ(takes("<tool_call>\n{\"name\": \"free\", \"arguments\": {\"any\":[1]}}\n</tool_call>"), "yes")
      << "it is not strict";
  rules_.parallel = false;
  EXPECT_EQ(takes(call + call), "no");
}

TEST_F(CallGrammar, InTheFormatsOfOtherModels) {
  rules_.format = CallFormat::bare;
  EXPECT_EQ(takes("{ \"answer\": 42 }"), "yes");
  EXPECT_EQ(takes("Hello { \"name\""), "yes");
  EXPECT_EQ(takes("{\"name\": \"hot\", \"parameters\": {\"hot\":false}}"), "yes");
  EXPECT_EQ(takes("{\"name\": \"hot\", \"parameters\": {\"hot\":0"), "no");
  EXPECT_EQ(takes(" {\n\"name\""), "no");
  EXPECT_EQ(takes("See: <|python_tag|>{\"name\": \"hot\", \"parameters\": {\"hot\":true}}"), "yes");
  EXPECT_EQ(takes("See: <|python_tag|>print"), "no");
  rules_.format = CallFormat::mistral_list;
  EXPECT_EQ(takes("[TOOL_CALLS][{\"name\": \"hot\", \"arguments\": {\"hot\":true}}, "
                  "{\"name\": \"hot\", \"arguments\": {\"hot\":false}}]"),
            "yes");
  EXPECT_EQ(takes("[TOOL_CALLS][{\"name\": \"hot\", \"arguments\": {}"), "no");
  rules_.format = CallFormat::mistral_named;
  EXPECT_EQ(takes("Yes. [TOOL_CALLS]hot[ARGS]{\"hot\":true}[TOOL_CALLS]free[ARGS]{\"x\":1}"), "yes");
  EXPECT_EQ(takes("[TOOL_CALLS]hot[ARGS]{}"), "no");
}

}  // namespace
}  // namespace persea
