// What the tests of grammars share: a small vocabulary, and whether texts match.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "text/grammar_matcher.h"
#include "text/vocabulary_for_test.h"

namespace persea {

class GrammarForTest {
 public:
  explicit GrammarForTest(const Grammar& grammar, std::shared_ptr<const TokenTrie> vocabulary = vocabulary_for_test()) {
    auto compiled = grammar.compile("test");
    if (!compiled) {
      problem = compiled.error().message;
      return;
    }
    shared = std::make_shared<const GrammarVocabulary>(std::move(*compiled), std::move(vocabulary));
  }

  GrammarMatcher matcher(std::vector<int32_t> end_tokens = {}) const { return {shared, std::move(end_tokens)}; }
  bool matches(std::string_view text) const {
    GrammarMatcher one = matcher();
    return one.accept(text) && one.complete();
  }

  // What `tokens` random steps under the masks write; ends where only the end is allowed.
  std::string walk(Random& random, size_t tokens, bool& complete) const {
    GrammarMatcher one = matcher();
    std::string text;
    std::vector<uint64_t> bits(shared->vocabulary().words());
    for (size_t step = 0; step < tokens || !one.complete(); ++step) {
      one.allowed(bits);
      std::vector<int32_t> allowed;
      for (int32_t id = 0; id < shared->vocabulary().vocab_size(); ++id) {
        if (bits[static_cast<size_t>(id) / 64] >> (id % 64) & 1) allowed.push_back(id);
      }
      if (allowed.empty() || step > 20 * tokens) break;
      int32_t token = random.pick(allowed);
      if (step > tokens) {  // bring it to an end
        for (const int32_t id : allowed) {
          if (std::string_view("\"]}").find(shared->vocabulary().bytes(id)) != std::string_view::npos) token = id;
        }
      }
      EXPECT_TRUE(one.accept(token)) << text << " + " << shared->vocabulary().bytes(token);
      text += shared->vocabulary().bytes(token);
      if (step + 1 >= tokens && one.complete() && random.chance(0.5)) break;
    }
    complete = one.complete();
    return text;
  }

  std::string problem;
  std::shared_ptr<const GrammarVocabulary> shared;
};

}  // namespace persea
