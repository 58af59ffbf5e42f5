// Regular expressions of ECMA-262 (with the u flag), as JSON Schema's `pattern` has them: a language of JSON strings.
// What is not regular, or looks around, is refused by name.
#pragma once

#include <string_view>

#include "base/result.h"
#include "text/grammar/automaton.h"

namespace persea::grammar {

// The contents of JSON strings (Spelling::json) in which the pattern is found: all of it where ^ and $ hold it, else
// with anything around it. Errors say what is not supported; they name no place.
Result<Dfa> pattern_language(std::string_view pattern);

}  // namespace persea::grammar
