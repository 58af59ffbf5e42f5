// A grammar for what a model may write: a set of byte strings, put together from literal text, from grammars of
// JSON (json_schema.h) or from GBNF (gbnf.h), and compiled to what GrammarMatcher follows token by token. It is a
// recognizer and no parser: it knows which texts match, not what their parts mean.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/grammar/expression.h"
#include "text/grammar/machine.h"

namespace persea {

// Ready to be followed; shared by all who do.
using CompiledGrammar = std::shared_ptr<const grammar::Machine>;

class Grammar {
 public:
  // Just these bytes.
  static Grammar literal(std::string_view bytes);
  // One behind the other: sequence({literal("<tool_call>"), arguments, literal("</tool_call>")}).
  static Grammar sequence(const std::vector<Grammar>& parts);
  // One of them; of none: no text at all.
  static Grammar alternatives(const std::vector<Grammar>& parts);
  // From `least` times to `most` times; grammar::kNoLimit: as often as one likes.
  static Grammar repeated(const Grammar& part, uint32_t least, uint32_t most);

  // Rules that call each other by their numbers, the first being where a text starts.
  explicit Grammar(std::vector<grammar::Rule> rules) : rules_(std::move(rules)) {}

  // Errors begin with `where`: it matches no text, or cannot be compiled within the limits of grammar/machine.h.
  Result<CompiledGrammar> compile(std::string_view where) const;

  const std::vector<grammar::Rule>& rules() const { return rules_; }

 private:
  static Grammar combined(const std::vector<Grammar>& parts,
                          grammar::Expression (*combine)(std::vector<grammar::Expression>));
  std::vector<grammar::Rule> rules_;
};

}  // namespace persea
