// GBNF, the notation in which llama.cpp's users write grammars, read as it is documented there: rules of alternatives,
// texts, character classes and repetitions; `root` is where a text starts. Characters are Unicode's and are written as
// UTF-8. A rule that calls itself before it reads anything is refused when the grammar is compiled.
#pragma once

#include <string_view>

#include "base/result.h"
#include "text/grammar.h"

namespace persea {

inline constexpr size_t kMaxGbnf = size_t{1} << 20;  // bytes

// Errors: "WHERE:LINE: what".
Result<Grammar> grammar_from_gbnf(std::string_view text, std::string_view where);

}  // namespace persea
