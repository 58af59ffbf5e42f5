#include "text/grammar_matcher.h"

#include <algorithm>

namespace persea {
namespace {
constexpr size_t kMostStacks = 4096;  // kept of a text before those that it no longer needs are thrown away
}

GrammarVocabulary::GrammarVocabulary(CompiledGrammar grammar, std::shared_ptr<const TokenTrie> vocabulary,
                                     size_t cache_bytes)
    : grammar_(std::move(grammar)),
      vocabulary_(std::move(vocabulary)),
      masks_(std::make_unique<grammar::TokenMasks>(*grammar_, *vocabulary_, cache_bytes)) {}
GrammarVocabulary::~GrammarVocabulary() = default;

GrammarMatcher::GrammarMatcher(std::shared_ptr<const GrammarVocabulary> shared, std::vector<int32_t> end_tokens)
    : shared_(std::move(shared)), end_tokens_(std::move(end_tokens)), stacks_(shared_->machine()) {
  stacks_.enter({shared_->machine().start(), grammar::Stacks::kBottom}, places_);
}

void GrammarMatcher::allowed(std::span<uint64_t> bits) {
  std::fill(bits.begin(), bits.end(), 0);
  if (ended_ || places_.empty()) return;
  const auto mask = shared_->masks_->at(places_, stacks_);
  std::copy_n(mask->begin(), std::min(mask->size(), bits.size()), bits.begin());
  // Also where a tokenizer takes such a token for text: it would end the text wherever it came.
  for (const int32_t token : end_tokens_) {
    const auto word = static_cast<size_t>(token) / 64;
    if (token < 0 || word >= bits.size()) continue;
    const uint64_t bit = uint64_t{1} << (token % 64);
    bits[word] = places_.complete ? bits[word] | bit : bits[word] & ~bit;
  }
}

bool GrammarMatcher::accept(int32_t token) {
  if (places_.complete && std::find(end_tokens_.begin(), end_tokens_.end(), token) != end_tokens_.end()) {
    if (!ended_) {
      ended_ = true;
      places_.places.clear();
      return true;
    }
  }
  const std::string_view bytes = shared_->vocabulary().bytes(token);
  if (bytes.empty()) places_.clear();
  return accept(bytes);
}

bool GrammarMatcher::accept(std::string_view bytes) {
  if (ended_) {
    ended_ = false;
    places_.clear();
  }
  for (const char c : bytes) {
    stacks_.step(places_, static_cast<uint8_t>(c), next_);
    std::swap(places_, next_);
  }
  if (stacks_.size() > kMostStacks) {
    grammar::Stacks fresh(shared_->machine());
    places_ = stacks_.moved(places_, fresh);
    stacks_ = std::move(fresh);
  }
  return !places_.empty();
}

}  // namespace persea
