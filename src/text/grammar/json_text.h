// How JSON is written under a grammar: on one line, with one space or none behind : and , and none elsewhere, so that
// no model can write white space for ever.
#pragma once

#include <vector>

#include "text/grammar/expression.h"
#include "text/grammar/ordered_json.h"

namespace persea::grammar {

Expression comma();
Expression colon();
Expression quoted(DfaPtr content);              // a string with this content
Expression constant(const OrderedJson& value);  // this value

// Rules for any JSON, appended to `rules`: strings are spelled in any way that JSON allows, integers have up to 15
// digits, fractions as many again.
struct AnyJson {
  uint32_t value, object, array, string;  // the numbers of the rules
};
AnyJson add_any_json(std::vector<Rule>& rules);

}  // namespace persea::grammar
