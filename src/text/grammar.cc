#include "text/grammar.h"

namespace persea {
namespace {

void renumber(grammar::Expression& expression, uint32_t by) {
  if (expression.is == grammar::Expression::Is::call) expression.rule += by;
  for (grammar::Expression& part : expression.parts) renumber(part, by);
}

}  // namespace

Grammar Grammar::literal(std::string_view bytes) { return Grammar({{"the text", grammar::text(bytes)}}); }

Grammar Grammar::combined(const std::vector<Grammar>& parts,
                          grammar::Expression (*combine)(std::vector<grammar::Expression>)) {
  std::vector<grammar::Rule> rules(1);
  std::vector<grammar::Expression> calls;
  for (const Grammar& part : parts) {
    const auto first = static_cast<uint32_t>(rules.size());
    calls.push_back(grammar::call(first));
    for (grammar::Rule rule : part.rules_) {
      renumber(rule.body, first);
      rules.push_back(std::move(rule));
    }
  }
  rules[0] = {"the whole", combine(std::move(calls))};
  return Grammar(std::move(rules));
}

Grammar Grammar::sequence(const std::vector<Grammar>& parts) { return combined(parts, grammar::sequence); }
Grammar Grammar::alternatives(const std::vector<Grammar>& parts) { return combined(parts, grammar::choice); }

Grammar Grammar::repeated(const Grammar& part, uint32_t least, uint32_t most) {
  if (most < least) throw std::logic_error("Grammar::repeated: at most less than at least");
  Grammar one = sequence({part});
  one.rules_[0].body = grammar::repeat(std::move(one.rules_[0].body), least, most);
  return one;
}

Result<CompiledGrammar> Grammar::compile(std::string_view where) const {
  PERSEA_TRY(grammar::Machine machine, grammar::Machine::compile(rules_, 0, where));
  return CompiledGrammar(std::make_shared<const grammar::Machine>(std::move(machine)));
}

}  // namespace persea
