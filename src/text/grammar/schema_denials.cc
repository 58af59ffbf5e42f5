// What it means that a schema does not match: one of its keywords does not hold. Each way is told by schemas that have
// to match instead.
#include <algorithm>

#include "text/grammar/schema_keywords.h"
#include "text/grammar/schema_shapes.h"

namespace persea::grammar {
namespace {

using Is = OrderedJson::Is;

uint32_t count_of(const OrderedJson& value) { return *Decimal::parse(value.text)->count(); }
OrderedJson count(uint32_t value) { return OrderedJson::number(std::to_string(value)); }
OrderedJson of_type(std::string_view type) { return OrderedJson::object({{"type", OrderedJson::of(type)}}); }

}  // namespace

SchemaShapes::Ways SchemaShapes::denials(const Schema& schema) {
  Ways ways;
  for (const auto& [keyword, value] : schema.members) {
    deny_keyword(schema, keyword, value, ways);
    deny_in_place(schema, keyword, value, ways);
    deny_array(schema, keyword, value, ways);
    deny_object(schema, keyword, value, ways);
  }
  return ways;
}

void SchemaShapes::deny_keyword(const Schema& schema, const std::string& keyword, const OrderedJson& value,
                                Ways& ways) {
  const auto way = [&](OrderedJson instead) { ways.push_back({{&document_.make(std::move(instead), schema), true}}); };
  if (keyword == "type") {
    std::vector<std::string> denied;
    if (value.is == Is::string) denied.push_back(value.text);
    for (const OrderedJson& one : value.items) denied.push_back(one.text);
    const OrderedJson* nullable = schema.find("nullable");
    if (nullable && nullable->flag) denied.emplace_back("null");
    const auto is_denied = [&](const char* name) {
      return std::find(denied.begin(), denied.end(), name) != denied.end();
    };
    for (const char* name : {"null", "boolean", "string", "array", "object"}) {
      if (!is_denied(name)) way(of_type(name));
    }
    if (is_denied("number")) return;
    way(is_denied("integer") ? typed("number", kNotInteger, OrderedJson::of(true)) : of_type("number"));
  }
  if (keyword == "const") way(OrderedJson::object({{kDiffers, OrderedJson::array({value})}}));
  if (keyword == "enum") way(OrderedJson::object({{kDiffers, value}}));
  if (keyword == "minimum") way(typed("number", "exclusiveMaximum", value));
  if (keyword == "exclusiveMinimum") way(typed("number", "maximum", value));
  if (keyword == "maximum") way(typed("number", "exclusiveMinimum", value));
  if (keyword == "exclusiveMaximum") way(typed("number", "minimum", value));
  if (keyword == "multipleOf") way(typed("number", kNotMultipleOf, value));
  if (keyword == "minLength" && count_of(value) > 0) way(typed("string", "maxLength", count(count_of(value) - 1)));
  if (keyword == "maxLength") way(typed("string", "minLength", count(count_of(value) + 1)));
  if (keyword == "pattern") way(typed("string", kNotPattern, value));
  if (keyword == "format") {
    const auto language = languages_.format(value.text);
    if (language && !*language) return;
    const Error why = document_.error(schema, keyword, "is not supported where it must not hold");
    way(typed("string", kRefused, OrderedJson::of(std::string_view(why.message))));
  }
}

void SchemaShapes::deny_in_place(const Schema& schema, const std::string& keyword, const OrderedJson& value,
                                 Ways& ways) {
  if (keyword == "not") ways.push_back({{&value, true}});
  if (keyword == "$ref") {
    // Its errors were met when the way to it was looked at.
    if (const auto target = document_.target(schema)) ways.push_back({{*target, false}});
  }
  if (keyword == "allOf") {
    for (const Schema& one : value.items) ways.push_back({{&one, false}});
  }
  if (keyword == "anyOf" || keyword == "oneOf") {
    Goal none;
    for (const Schema& one : value.items) none.push_back({&one, false});
    ways.push_back(std::move(none));
  }
  if (keyword == "oneOf") {  // or two of them
    for (size_t i = 0; i < value.items.size(); ++i) {
      for (size_t j = 0; j < i; ++j) ways.push_back({{&value.items[i], true}, {&value.items[j], true}});
    }
  }
  if (keyword == "if") {
    if (const Schema* then = schema.find("then")) ways.push_back({{&value, true}, {then, false}});
    if (const Schema* otherwise = schema.find("else")) ways.push_back({{&value, false}, {otherwise, false}});
  }
}

void SchemaShapes::deny_array(const Schema& schema, const std::string& keyword, const OrderedJson& value, Ways& ways) {
  const auto way = [&](OrderedJson instead) -> const Schema& {
    const Schema& made = document_.make(std::move(instead), schema);
    ways.push_back({{&made, true}});
    return made;
  };
  const auto refuse = [&] {
    const Error why = document_.error(schema, keyword, "is not supported where it must not hold");
    way(typed("array", kRefused, OrderedJson::of(std::string_view(why.message))));
  };
  if (keyword == "minItems" && count_of(value) > 0) way(typed("array", "maxItems", count(count_of(value) - 1)));
  if (keyword == "maxItems") way(typed("array", "minItems", count(count_of(value) + 1)));
  if (keyword == "uniqueItems" && value.flag) refuse();
  if (keyword == "unevaluatedItems" && !trivially_true(value)) refuse();
  if (keyword == "items" && !trivially_true(value)) {
    if (schema.find("prefixItems")) return refuse();
    const Schema& made = way(typed("array", "contains", OrderedJson()));  // an item that does not match
    document_.make_negation(*made.find("contains"), value);
  }
  if (keyword == "prefixItems") {
    for (size_t i = 0; i < value.items.size(); ++i) {
      if (trivially_true(value.items[i])) continue;
      OrderedJson items = OrderedJson::array(std::vector<OrderedJson>(i + 1, OrderedJson::of(true)));
      items.items[i] = OrderedJson();  // neither true nor false, but what make_negation() says
      OrderedJson made = typed("array", "prefixItems", std::move(items));
      made.members.push_back({"minItems", count(static_cast<uint32_t>(i) + 1)});
      document_.make_negation(way(std::move(made)).find("prefixItems")->items[i], value.items[i]);
    }
  }
  if (keyword == "contains") {
    const OrderedJson *least = schema.find("minContains"), *most = schema.find("maxContains");
    const uint32_t at_least = least ? count_of(*least) : 1;
    if (at_least > 0) {
      OrderedJson fewer = typed("array", "contains", value);
      fewer.members.push_back({"minContains", count(0)});
      fewer.members.push_back({"maxContains", count(at_least - 1)});
      const Schema& made = way(std::move(fewer));
      document_.make_same(*made.find("contains"), value);
    }
    if (most) {
      OrderedJson more = typed("array", "contains", value);
      more.members.push_back({"minContains", count(count_of(*most) + 1)});
      const Schema& made = way(std::move(more));
      document_.make_same(*made.find("contains"), value);
    }
  }
}

void SchemaShapes::deny_object(const Schema& schema, const std::string& keyword, const OrderedJson& value, Ways& ways) {
  const auto way = [&](OrderedJson instead) -> const Schema& {
    const Schema& made = document_.make(std::move(instead), schema);
    ways.push_back({{&made, true}});
    return made;
  };
  const auto object = [](OrderedJson schema_of_it) {
    schema_of_it.members.push_back({"type", OrderedJson::of(std::string_view("object"))});
    return schema_of_it;
  };
  if (keyword == "minProperties" && count_of(value) > 0)
    way(typed("object", "maxProperties", count(count_of(value) - 1)));
  if (keyword == "maxProperties") way(typed("object", "minProperties", count(count_of(value) + 1)));
  if (keyword == "required") {
    for (const OrderedJson& name : value.items) way(object(lacking(name.text)));
  }
  if (keyword == "properties") {
    for (const auto& [name, part] : value.members) {
      if (trivially_true(part)) continue;
      OrderedJson made = object(requiring({name}));
      made.members.push_back({"properties", OrderedJson::object({{name, OrderedJson()}})});
      document_.make_negation(*way(std::move(made)).find("properties")->find(name), part);
    }
  }
  if (keyword == "dependentRequired") {
    for (const auto& [name, needed] : value.members) {
      for (const OrderedJson& one : needed.items) {
        OrderedJson made = object(requiring({name}));
        made.members.push_back(lacking(one.text).members[0]);
        way(std::move(made));
      }
    }
  }
  if (keyword == "dependentSchemas") {
    for (const auto& [name, part] : value.members) {
      way(object(requiring({name})));
      ways.back().push_back({&part, false});
    }
  }
  const bool others =
      keyword == "additionalProperties" || keyword == "propertyNames" || keyword == "unevaluatedProperties";
  if ((others && !trivially_true(value)) || (keyword == "patternProperties" && !value.members.empty())) {
    const Error why = document_.error(schema, keyword, "is not supported where it must not hold");
    way(typed("object", kRefused, OrderedJson::of(std::string_view(why.message))));
  }
}

}  // namespace persea::grammar
