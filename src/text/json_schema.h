// JSON Schema (draft 2020-12) as a grammar: what is written under it is JSON that the schema admits, always. What of
// the schema cannot be honoured is an error that names it by its JSON pointer, never left out:
// docs/formats/json-schema.md says which keywords are supported and how. Values are written compactly, properties in
// the schema's order.
#pragma once

#include <string_view>

#include "base/result.h"
#include "text/grammar.h"

namespace persea {

inline constexpr size_t kMaxJsonSchema = size_t{1} << 20;  // bytes

// Reads the schema's text, since a Json has forgotten the order of its keys and the last digits of its numbers.
// Errors: "WHERE: #/pointer: what".
Result<Grammar> grammar_from_json_schema(std::string_view schema, std::string_view where);

// Any JSON: one object (what `response_format: json_object` asks for), or any value.
Grammar grammar_for_json_object();
Grammar grammar_for_json_value();

}  // namespace persea
