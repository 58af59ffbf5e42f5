// Which tokens of a vocabulary may come next so that the text stays one that a grammar matches: exactly those, as a
// mask. A text can only end where the grammar is complete, and where a limit is met the text ends, never the grammar.
// It samples nothing and knows no model.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "text/grammar.h"
#include "text/grammar/stacks.h"
#include "text/grammar/token_masks.h"
#include "text/token_trie.h"

namespace persea {

// What matchers of the same grammar and vocabulary share: masks that one of them has worked out, kept within
// `cache_bytes`. Safe to use from several threads.
class GrammarVocabulary {
 public:
  GrammarVocabulary(CompiledGrammar grammar, std::shared_ptr<const TokenTrie> vocabulary,
                    size_t cache_bytes = size_t{64} << 20);
  ~GrammarVocabulary();
  const grammar::Machine& machine() const { return *grammar_; }
  const TokenTrie& vocabulary() const { return *vocabulary_; }

 private:
  friend class GrammarMatcher;
  CompiledGrammar grammar_;
  std::shared_ptr<const TokenTrie> vocabulary_;
  std::unique_ptr<grammar::TokenMasks> masks_;
};

// Follows one text. For one thread; copies go their own ways (to try tokens and take them back, keep a copy).
class GrammarMatcher {
 public:
  // `end_tokens` are allowed where the grammar is complete.
  GrammarMatcher(std::shared_ptr<const GrammarVocabulary> shared, std::vector<int32_t> end_tokens);

  // Bit i % 64 of word i / 64 is set iff token i may come next. Words beyond the vocabulary are zero; none is set
  // behind an end token, and where accept() has said no.
  void allowed(std::span<uint64_t> bits);

  // Goes on by a token. False where it was not allowed: then nothing is any more.
  bool accept(int32_t token);
  // The same for bytes, as for a beginning of the answer that is given.
  bool accept(std::string_view bytes);

  bool complete() const { return places_.complete; }                  // the text may end here
  bool finished() const { return ended_ || places_.places.empty(); }  // no byte can follow
  bool failed() const { return !ended_ && places_.empty(); }          // what was accepted does not match

 private:
  std::shared_ptr<const GrammarVocabulary> shared_;
  std::vector<int32_t> end_tokens_;
  grammar::Stacks stacks_;
  grammar::Places places_, next_;
  bool ended_ = false;
};

}  // namespace persea
