#include "serve/constraints.h"

#include <algorithm>

#include "base/hash.h"
#include "serve/call_grammar.h"
#include "text/gbnf.h"
#include "text/json_schema.h"

namespace persea {
namespace {

constexpr size_t kKept = 64;
constexpr size_t kMaskBytes = size_t{16} << 20;  // of each kept grammar

class GrammarConstraint : public TextConstraint {
 public:
  GrammarConstraint(std::shared_ptr<const GrammarVocabulary> grammar, std::vector<int32_t> end_tokens)
      : matcher_(std::move(grammar), std::move(end_tokens)) {}
  void allowed(std::span<uint64_t> bits) override { matcher_.allowed(bits); }
  void accept(int32_t token) override { (void)matcher_.accept(token); }
  bool whole() const override { return matcher_.complete(); }

 private:
  GrammarMatcher matcher_;
};

Result<Grammar> format_grammar(const TextFormat& format) {
  switch (format.kind) {
    case TextFormat::Kind::json_schema:
      return grammar_from_json_schema(std::string_view(format.schema), "schema");
    case TextFormat::Kind::grammar:
      return grammar_from_gbnf(format.grammar, "grammar");
    default:
      return grammar_for_json_object();
  }
}

// `kept`: special tokens that are text all the same.
std::shared_ptr<const TokenTrie> vocabulary_of(const Tokenizer& tokenizer, const std::vector<int32_t>& kept) {
  std::vector<std::string_view> tokens(static_cast<size_t>(tokenizer.vocab_size()));
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    const bool text = !tokenizer.is_special(id) || std::find(kept.begin(), kept.end(), id) != kept.end();
    if (text) tokens[static_cast<size_t>(id)] = tokenizer.token_bytes(id);
  }
  return std::make_shared<TokenTrie>(tokens);
}

// Everything that decides the grammar.
std::string key_of(const Constraints::Wanted& wanted, bool calls, bool format) {
  std::string all;
  if (format) {
    all = fmt::format("{} {} {}\n", static_cast<int>(wanted.format.kind), wanted.format.schema, wanted.format.grammar);
  }
  if (calls) {
    all += fmt::format("calls {} {} {} {}\n", static_cast<int>(wanted.call_format),
                       static_cast<int>(wanted.choice.kind), wanted.parallel_calls, wanted.choice.name);
    for (const Tool& tool : wanted.tools)
      all += (tool.strict ? "strict " : "free ") +
             tool.definition.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + '\n';
  }
  return sha256(all);
}

}  // namespace

Constraints::Constraints(const Tokenizer& tokenizer, const std::vector<int32_t>& kept)
    : vocabulary_(vocabulary_of(tokenizer, kept)) {}

Result<Constraints::Maker> Constraints::maker(const Wanted& wanted) {
  using Kind = ToolChoice::Kind;
  const bool format = wanted.format.kind != TextFormat::Kind::text;
  const bool must_call = wanted.choice.kind == Kind::required || wanted.choice.kind == Kind::named;
  const bool may_call = !wanted.tools.empty() && wanted.choice.kind != Kind::none;
  const bool strict =
      may_call && std::any_of(wanted.tools.begin(), wanted.tools.end(), [](const Tool& t) { return t.strict; });
  if (!format && !must_call && !strict) return Maker();
  const bool calls = may_call, text = format && !must_call;
  const std::string key = key_of(wanted, calls, text);
  std::shared_ptr<const GrammarVocabulary> grammar;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const auto& one) { return one.first == key; });
    if (found != kept_.end()) {
      kept_.splice(kept_.begin(), kept_, found);
      grammar = kept_.front().second;
    }
  }
  if (!grammar) {
    std::vector<Grammar> ways;
    if (text) {
      PERSEA_TRY(Grammar way, format_grammar(wanted.format));
      ways.push_back(std::move(way));
    }
    if (calls) {
      const CallRules rules{.tools = wanted.tools,
                            .only = wanted.choice.kind == Kind::named ? wanted.choice.name : "",
                            .parallel = wanted.parallel_calls,
                            .all_strict = must_call || text,
                            .format = wanted.call_format};
      PERSEA_TRY(Grammar way, must_call || text ? calls_grammar(rules) : free_or_calls_grammar(rules));
      ways.push_back(std::move(way));
    }
    PERSEA_TRY(CompiledGrammar compiled, (ways.size() == 1 ? ways[0] : Grammar::alternatives(ways)).compile("grammar"));
    grammar = std::make_shared<GrammarVocabulary>(std::move(compiled), vocabulary_, kMaskBytes);
    const std::lock_guard lock(mutex_);
    kept_.emplace_front(key, grammar);
    if (kept_.size() > kKept) kept_.pop_back();
  }
  return Maker([grammar, ends = wanted.end_tokens]() -> std::shared_ptr<TextConstraint> {
    return std::make_shared<GrammarConstraint>(grammar, ends);
  });
}

}  // namespace persea
