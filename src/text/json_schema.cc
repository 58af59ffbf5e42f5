#include "text/json_schema.h"

#include "text/grammar/json_text.h"
#include "text/grammar/schema_document.h"
#include "text/grammar/schema_rules.h"

namespace persea {
namespace {

Grammar any_json(uint32_t grammar::AnyJson::*which) {
  std::vector<grammar::Rule> rules(1);
  const grammar::AnyJson any = grammar::add_any_json(rules);
  rules[0] = {"JSON", grammar::call(any.*which)};
  return Grammar(std::move(rules));
}

}  // namespace

Result<Grammar> grammar_from_json_schema(std::string_view schema, std::string_view where) {
  if (schema.size() > kMaxJsonSchema) return fail("{}: a schema of more than {} bytes", where, kMaxJsonSchema);
  PERSEA_TRY(grammar::OrderedJson read, grammar::parse_ordered_json(schema, where));
  PERSEA_TRY(const auto document, grammar::SchemaDocument::read(std::move(read), where));
  PERSEA_TRY(std::vector<grammar::Rule> rules, grammar::SchemaRules(*document).write());
  return Grammar(std::move(rules));
}

Grammar grammar_for_json_object() { return any_json(&grammar::AnyJson::object); }
Grammar grammar_for_json_value() { return any_json(&grammar::AnyJson::value); }

}  // namespace persea
