// JSON Schema's `format` of strings, as languages. Each admits only what the format's definition admits, and for some
// (email, uri) not all of that but what is commonly written.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "text/grammar/automaton.h"

namespace persea::grammar {

// nullopt for a format that says nothing about which strings there are (password, int32, ...). Errors: not supported.
Result<std::optional<Dfa>> format_language(std::string_view name);

}  // namespace persea::grammar
