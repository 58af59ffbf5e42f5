// Writes the rules of a grammar for what schema_shapes.h has found that a schema admits: one rule for each set of
// schemas that a value has to match together.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "text/grammar/expression.h"
#include "text/grammar/json_text.h"
#include "text/grammar/schema_shapes.h"

namespace persea::grammar {

class SchemaRules {
 public:
  // `document` must outlive it.
  explicit SchemaRules(SchemaDocument& document) : shapes_(document, languages_) {}

  // Rule 0 is a value of the document's root.
  Result<std::vector<Rule>> write();

 private:
  // The keys that are not named, as far as the same is asked of their values.
  struct Keys {
    Dfa language;
    Goal goal;
  };
  uint32_t rule_of(const Goal& goal);
  Result<Expression> body(const Goal& goal);
  Result<Expression> value(const Shape& shape, unsigned kind);
  Result<Expression> array(const Shape& shape);
  Result<Expression> counted_array(const Shape& shape);
  Result<Expression> object(const Shape& shape);
  Result<std::vector<Keys>> other_keys(const Shape& shape, const std::vector<std::string>& names);
  Status split(std::vector<Keys>& all, const Dfa& pattern, const Schema& inside);
  Expression pair(Expression key, const Goal& goal);

  Languages languages_;
  SchemaShapes shapes_;
  std::vector<Rule> rules_;
  std::map<Goal, uint32_t> numbers_;
  std::vector<std::pair<uint32_t, Goal>> todo_;
  AnyJson any_{};
};

}  // namespace persea::grammar
