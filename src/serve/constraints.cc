#include "serve/constraints.h"

#include <algorithm>

#include "base/hash.h"
#include "text/gbnf.h"
#include "text/json_schema.h"

namespace persea {
namespace {

constexpr size_t kKept = 64;
constexpr size_t kMaskBytes = size_t{16} << 20;  // of each kept grammar
constexpr uint32_t kMostCalls = 16;              // in one answer that has to call

class GrammarConstraint : public TokenConstraint {
 public:
  GrammarConstraint(std::shared_ptr<const GrammarVocabulary> grammar, std::vector<int32_t> end_tokens)
      : matcher_(std::move(grammar), std::move(end_tokens)) {}
  void allowed(std::span<uint64_t> bits) override { matcher_.allowed(bits); }
  void accept(int32_t token) override { (void)matcher_.accept(token); }

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

// The schema of a tool's arguments, which are an object whatever it leaves open.
Result<std::string> parameters_of(const Tool& tool) {
  const OrderedJson& function = tool.definition.at("function");
  const auto parameters = function.find("parameters");
  if (parameters == function.end() || !parameters->is_object()) return std::string(R"({"type": "object"})");
  OrderedJson schema = *parameters;
  if (const auto type = schema.find("type"); type != schema.end() && type->is_string() && *type != "object")
    return fail("tool {}: parameters: the type is {}; arguments are always an object", tool.name, type->dump());
  schema["type"] = "object";
  return schema.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

// What an answer looks like that calls one of the tools, or several.
Result<Grammar> calls_grammar(const Constraints::Wanted& wanted) {
  const bool tagged = wanted.call_format == CallFormat::tagged;
  std::vector<Grammar> ways;
  for (const Tool& tool : wanted.tools) {
    if (wanted.choice.kind == ToolChoice::Kind::named && tool.name != wanted.choice.name) continue;
    PERSEA_TRY(const std::string schema, parameters_of(tool));
    auto arguments = grammar_from_json_schema(schema, fmt::format("tool {}: parameters", tool.name));
    if (!arguments) return arguments.error();
    ways.push_back(
        Grammar::sequence({Grammar::literal(fmt::format("{}{{\"name\": \"{}\", \"{}\": ", tagged ? "<tool_call>\n" : "",
                                                        tool.name, tagged ? "arguments" : "parameters")),
                           *arguments, Grammar::literal(tagged ? "}\n</tool_call>" : "}")}));
  }
  const Grammar one = Grammar::alternatives(ways);
  if (!tagged || !wanted.parallel_calls) return one;
  return Grammar::sequence(
      {one, Grammar::repeated(Grammar::sequence({Grammar::literal("\n"), one}), 0, kMostCalls - 1)});
}

// Everything that decides the grammar.
std::string key_of(const Constraints::Wanted& wanted, bool calls, bool format) {
  std::string all;
  if (format) {
    all = fmt::format("{} {} {}\n", static_cast<int>(wanted.format.kind), wanted.format.schema, wanted.format.grammar);
  }
  if (calls) {
    all += fmt::format("calls {} {} {}\n", static_cast<int>(wanted.call_format), wanted.parallel_calls,
                       wanted.choice.name);
    for (const Tool& tool : wanted.tools)
      all += tool.definition.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + '\n';
  }
  return sha256(all);
}

}  // namespace

Constraints::Constraints(const Tokenizer& tokenizer) : vocabulary_(std::make_shared<TokenTrie>(tokenizer)) {}

Result<Constraints::Maker> Constraints::maker(const Wanted& wanted) {
  using Kind = ToolChoice::Kind;
  const bool format = wanted.format.kind != TextFormat::Kind::text;
  const bool must_call = wanted.choice.kind == Kind::required || wanted.choice.kind == Kind::named;
  const bool may_call = !wanted.tools.empty() && wanted.choice.kind != Kind::none;
  if (!format && !must_call) return Maker();
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
      PERSEA_TRY(Grammar way, calls_grammar(wanted));
      ways.push_back(std::move(way));
    }
    PERSEA_TRY(CompiledGrammar compiled, (ways.size() == 1 ? ways[0] : Grammar::alternatives(ways)).compile("grammar"));
    grammar = std::make_shared<GrammarVocabulary>(std::move(compiled), vocabulary_, kMaskBytes);
    const std::lock_guard lock(mutex_);
    kept_.emplace_front(key, grammar);
    if (kept_.size() > kKept) kept_.pop_back();
  }
  return Maker([grammar, ends = wanted.end_tokens]() -> std::shared_ptr<TokenConstraint> {
    return std::make_shared<GrammarConstraint>(grammar, ends);
  });
}

}  // namespace persea
