#include "text/grammar/schema_validator.h"

#include <algorithm>
#include <string_view>

#include "text/grammar/characters.h"
#include "text/grammar/numbers.h"

namespace persea::grammar {
namespace {

using Is = OrderedJson::Is;

constexpr int kMaxDepth = 300;

size_t characters_of(std::string_view text) {
  size_t count = 0;
  for (; !text.empty(); ++count) (void)take_character(text);
  return count;
}

bool all_different(const std::vector<OrderedJson>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (same_value(items[i], items[j])) return false;
    }
  }
  return true;
}

}  // namespace

bool type_admits(const OrderedJson& value, const std::string& type) {
  switch (value.is) {
    case Is::null:
      return type == "null";
    case Is::boolean:
      return type == "boolean";
    case Is::number:
      return type == "number" || (type == "integer" && Decimal::parse(value.text)->integer());
    case Is::string:
      return type == "string";
    case Is::array:
      return type == "array";
    case Is::object:
      return type == "object";
  }
  return false;
}

Result<bool> SchemaValidator::matches(const OrderedJson& value, const Schema& schema) {
  if (const Schema* of = document_.negation(schema)) {
    PERSEA_TRY(const bool is, matches(value, *of));
    return !is;
  }
  if (const Schema* of = document_.same(schema)) return matches(value, *of);
  if (schema.is == Is::boolean) return schema.flag;
  if (depth_ > kMaxDepth) return document_.error(schema, "", "refers to itself without end");
  ++depth_;
  bool all = true;
  for (const auto& [keyword, wanted] : schema.members) {
    const Result<bool> one = matches_keyword(value, schema, keyword, wanted);
    if (!one) {
      --depth_;
      return one.error();
    }
    all = all && *one;
  }
  --depth_;
  return all;
}

Result<bool> SchemaValidator::matches_keyword(const OrderedJson& value, const Schema& schema,
                                              const std::string& keyword, const OrderedJson& wanted) {
  if (keyword == "type") {
    const OrderedJson* nullable = schema.find("nullable");
    if (value.is == Is::null && nullable && nullable->flag) return true;
    if (wanted.is == Is::string) return type_admits(value, wanted.text);
    return std::any_of(wanted.items.begin(), wanted.items.end(),
                       [&](const OrderedJson& type) { return type_admits(value, type.text); });
  }
  if (keyword == "const") return same_value(value, wanted);
  if (keyword == "enum") {
    return std::any_of(wanted.items.begin(), wanted.items.end(),
                       [&](const OrderedJson& one) { return same_value(value, one); });
  }
  PERSEA_TRY(const bool here, in_place(value, schema, keyword, wanted));
  if (!here) return false;
  switch (value.is) {
    case Is::number:
      return number(value, keyword, wanted);
    case Is::string:
      return string(value, schema, keyword, wanted);
    case Is::array:
      return array(value, schema, keyword, wanted);
    case Is::object:
      return object(value, schema, keyword, wanted);
    default:
      return true;
  }
}

Result<size_t> SchemaValidator::how_many(const OrderedJson& value, const std::vector<Schema>& schemas) {
  size_t count = 0;
  for (const Schema& one : schemas) {
    PERSEA_TRY(const bool is, matches(value, one));
    count += is;
  }
  return count;
}

Result<bool> SchemaValidator::in_place(const OrderedJson& value, const Schema& schema, const std::string& keyword,
                                       const OrderedJson& wanted) {
  if (keyword == "$ref") {
    PERSEA_TRY(const Schema* target, document_.target(schema));
    return matches(value, *target);
  }
  if (keyword == "allOf" || keyword == "anyOf" || keyword == "oneOf") {
    PERSEA_TRY(const size_t count, how_many(value, wanted.items));
    return keyword == "allOf" ? count == wanted.items.size() : keyword == "anyOf" ? count > 0 : count == 1;
  }
  if (keyword == "not") {
    PERSEA_TRY(const bool is, matches(value, wanted));
    return !is;
  }
  if (keyword == "if") {
    const Schema *then = schema.find("then"), *otherwise = schema.find("else");
    if (!then && !otherwise) return true;
    PERSEA_TRY(const bool is, matches(value, wanted));
    const Schema* next = is ? then : otherwise;
    if (!next) return true;
    return matches(value, *next);
  }
  return true;
}

Result<bool> SchemaValidator::number(const OrderedJson& value, const std::string& keyword, const OrderedJson& wanted) {
  if (wanted.is != Is::number) return true;
  const Decimal v = *Decimal::parse(value.text), w = *Decimal::parse(wanted.text);
  if (keyword == "minimum") return v >= w;
  if (keyword == "maximum") return v <= w;
  if (keyword == "exclusiveMinimum") return v > w;
  if (keyword == "exclusiveMaximum") return v < w;
  if (keyword == "multipleOf") return multiple_of(v, w);
  return true;
}

Result<bool> SchemaValidator::string(const OrderedJson& value, const Schema& schema, const std::string& keyword,
                                     const OrderedJson& wanted) {
  if (keyword == "minLength") return characters_of(value.text) >= *Decimal::parse(wanted.text)->count();
  if (keyword == "maxLength") return characters_of(value.text) <= *Decimal::parse(wanted.text)->count();
  if (keyword != "pattern" && keyword != "format") return true;
  const auto language = keyword == "pattern" ? languages_.pattern(wanted.text) : languages_.format(wanted.text);
  if (!language) return document_.error(schema, keyword, "{}", language.error().message);
  if (!*language || (*language)->accepts(*json_spelling(value.text))) return true;
  if (keyword == "pattern") return false;
  return document_.error(schema, keyword, "it cannot be said whether a listed value has this format");
}

Result<bool> SchemaValidator::array(const OrderedJson& value, const Schema& schema, const std::string& keyword,
                                    const OrderedJson& wanted) {
  const size_t size = value.items.size();
  if (keyword == "minItems") return size >= *Decimal::parse(wanted.text)->count();
  if (keyword == "maxItems") return size <= *Decimal::parse(wanted.text)->count();
  if (keyword == "uniqueItems") return !wanted.flag || all_different(value.items);
  if (keyword == "prefixItems" || keyword == "items") {
    const OrderedJson* prefix = schema.find("prefixItems");
    const size_t first = keyword == "items" && prefix ? prefix->items.size() : 0;
    for (size_t i = first; i < (keyword == "items" ? size : std::min(size, wanted.items.size())); ++i) {
      PERSEA_TRY(const bool is, matches(value.items[i], keyword == "items" ? wanted : wanted.items[i]));
      if (!is) return false;
    }
    return true;
  }
  if (keyword == "contains") {
    size_t count = 0;
    for (const OrderedJson& item : value.items) {
      PERSEA_TRY(const bool is, matches(item, wanted));
      count += is;
    }
    const OrderedJson *least = schema.find("minContains"), *most = schema.find("maxContains");
    return count >= (least ? *Decimal::parse(least->text)->count() : 1) &&
           (!most || count <= *Decimal::parse(most->text)->count());
  }
  if (keyword == "unevaluatedItems" && !trivially_true(wanted))
    return document_.error(schema, keyword, "is not supported");
  return true;
}

Result<bool> SchemaValidator::object(const OrderedJson& value, const Schema& schema, const std::string& keyword,
                                     const OrderedJson& wanted) {
  const auto has = [&](const OrderedJson& name) { return value.find(name.text) != nullptr; };
  if (keyword == "minProperties") return value.members.size() >= *Decimal::parse(wanted.text)->count();
  if (keyword == "maxProperties") return value.members.size() <= *Decimal::parse(wanted.text)->count();
  if (keyword == "required") return std::all_of(wanted.items.begin(), wanted.items.end(), has);
  if (keyword == "dependentRequired") {
    return std::all_of(wanted.members.begin(), wanted.members.end(), [&](const auto& member) {
      return !value.find(member.first) || std::all_of(member.second.items.begin(), member.second.items.end(), has);
    });
  }
  if (keyword == "dependentSchemas") {
    for (const auto& [name, part] : wanted.members) {
      if (!value.find(name)) continue;
      PERSEA_TRY(const bool is, matches(value, part));
      if (!is) return false;
    }
  }
  if (keyword == "properties") {
    for (const auto& [name, part] : wanted.members) {
      const OrderedJson* member = value.find(name);
      if (!member) continue;
      PERSEA_TRY(const bool is, matches(*member, part));
      if (!is) return false;
    }
  }
  if (keyword == "patternProperties" || keyword == "additionalProperties")
    return other_properties(value, schema, wanted);
  if (keyword == "propertyNames") {
    for (const auto& [name, member] : value.members) {
      PERSEA_TRY(const bool is, matches(OrderedJson::of(std::string_view(name)), wanted));
      if (!is) return false;
    }
  }
  if (keyword == "unevaluatedProperties" && !trivially_true(wanted))
    return document_.error(schema, keyword, "is not supported");
  return true;
}

// patternProperties or additionalProperties, whichever of them `wanted` is.
Result<bool> SchemaValidator::other_properties(const OrderedJson& value, const Schema& schema, const Schema& wanted) {
  const OrderedJson *named = schema.find("properties"), *patterned = schema.find("patternProperties");
  for (const auto& [name, member] : value.members) {
    bool covered = named && named->find(name);
    for (size_t i = 0; patterned && i < patterned->members.size(); ++i) {
      const auto& [pattern, part] = patterned->members[i];
      const auto language = languages_.pattern(pattern);
      if (!language) return document_.error(schema, "patternProperties", "{}", language.error().message);
      if (!(*language)->accepts(*json_spelling(name))) continue;
      covered = true;
      if (&wanted != patterned) continue;
      PERSEA_TRY(const bool is, matches(member, part));
      if (!is) return false;
    }
    if (covered || &wanted == patterned) continue;
    PERSEA_TRY(const bool is, matches(member, wanted));
    if (!is) return false;
  }
  return true;
}

}  // namespace persea::grammar
