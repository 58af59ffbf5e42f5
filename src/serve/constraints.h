// Grammars for a model's vocabulary: what a reply's format and the tools that have to be called make of the tokens that
// may come next. Grammars that were compiled before are kept, so that a schema is worked out once.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "infer/token_constraint.h"
#include "serve/chat_prompt.h"
#include "serve/conversation.h"
#include "text/grammar_matcher.h"
#include "text/token_trie.h"

namespace persea {

// Of one text; it also tells how far that has come.
class TextConstraint : public TokenConstraint {
 public:
  virtual bool whole() const = 0;  // what was written so far may be all
};

class Constraints {
 public:
  // `kept`: special tokens that are part of a text all the same, as ChatPrompt has them.
  explicit Constraints(const Tokenizer& tokenizer, const std::vector<int32_t>& kept = {});

  // Makes the constraint of one text.
  using Maker = std::function<std::shared_ptr<TextConstraint>()>;
  struct Wanted {
    TextFormat format = {};
    // That may be called; with a choice of `required` or `named` one has to be. Where a call is free, the arguments of
    // strict tools follow their schemas.
    std::vector<Tool> tools = {};
    ToolChoice choice = {};
    bool parallel_calls = true;
    CallFormat call_format = CallFormat::tagged;
    std::vector<int32_t> end_tokens = {};
  };
  // An empty maker where nothing is wanted. Errors: a schema or grammar that cannot be followed, with the place in it.
  Result<Maker> maker(const Wanted& wanted);

 private:
  std::shared_ptr<const TokenTrie> vocabulary_;
  std::mutex mutex_;
  std::list<std::pair<std::string, std::shared_ptr<const GrammarVocabulary>>> kept_;  // the last used first
};

}  // namespace persea
