#include "text/grammar/schema_shapes.h"

#include <algorithm>

#include "text/grammar/schema_keywords.h"

namespace persea::grammar {
namespace {

using Is = OrderedJson::Is;

constexpr size_t kMostShapes = 1000;  // of one goal
constexpr size_t kMostWork = 200000;  // branches that are followed for a document
constexpr int kMostReferences = 400;  // in a row

unsigned kind_of(const OrderedJson& value) {
  switch (value.is) {
    case Is::null:
      return kNull;
    case Is::boolean:
      return value.flag ? kTrue : kFalse;
    case Is::number:
      return kNumber;
    case Is::string:
      return kString;
    case Is::array:
      return kArray;
    case Is::object:
      return kObject;
  }
  return 0;
}

unsigned kinds_of(const std::string& type) {
  if (type == "null") return kNull;
  if (type == "boolean") return kTrue | kFalse;
  if (type == "number" || type == "integer") return kNumber;
  if (type == "string") return kString;
  return type == "array" ? kArray : kObject;
}

uint32_t count_of(const OrderedJson& value) { return *Decimal::parse(value.text)->count(); }

}  // namespace

// One way through the alternatives, as far as it has been followed.
struct SchemaShapes::Branch {
  Shape shape;
  Goal todo;
  std::set<Claim> seen;
  struct Choice {
    const Schema* from;
    Ways ways;
  };
  std::vector<Choice> choices;                                 // of each one way has still to be taken
  std::map<const Schema*, std::vector<const Schema*>> led_to;  // which schemas were claimed because of another
  const std::vector<OrderedJson>* listed = nullptr;
  const OrderedJson* constant = nullptr;
  bool dead = false;
};

Result<Shapes> SchemaShapes::of(const Goal& goal) {
  Shapes out;
  Branch branch;
  branch.todo = goal;
  PERSEA_CHECK(follow(std::move(branch), goal, out));
  return out;
}

Status SchemaShapes::follow(Branch branch, const Goal& goal, Shapes& out) {
  if (++work_ > kMostWork || out.open.size() > kMostShapes)
    return document_.error(*goal[0].schema, "", "its alternatives make too many combinations");
  while (!branch.todo.empty() && !branch.dead) {
    const Claim claim = branch.todo.front();
    branch.todo.erase(branch.todo.begin());
    if (!branch.seen.insert(claim).second) continue;
    if (branch.seen.contains({claim.schema, !claim.wanted})) return {};
    PERSEA_CHECK(apply(branch, claim));
  }
  if (branch.dead || branch.shape.kinds == 0) return {};
  // Few values are left: they are tried on the goal as a whole, whatever else it says.
  if (branch.constant) return add_values({branch.constant}, goal, out);
  if (branch.listed) {
    std::vector<const OrderedJson*> values;
    for (const OrderedJson& value : *branch.listed) values.push_back(&value);
    return add_values(values, goal, out);
  }
  if (branch.choices.empty()) {
    find_rests(branch);
    out.open.push_back(std::move(branch.shape));
    return {};
  }
  const Branch::Choice choice = std::move(branch.choices.back());
  branch.choices.pop_back();
  for (const Goal& way : choice.ways) {
    Branch next = branch;
    for (const Claim& claim : way) claim_also(next, *choice.from, claim);
    PERSEA_CHECK(follow(std::move(next), goal, out));
  }
  return {};
}

void SchemaShapes::claim_also(Branch& branch, const Schema& from, const Claim& claim) {
  branch.todo.push_back(claim);
  if (claim.wanted) branch.led_to[&from].push_back(claim.schema);
}

// What unevaluatedItems and unevaluatedProperties mean in this branch. Schemas that hold without having been taken are
// left out: more is asked then than would have to be, never less.
void SchemaShapes::find_rests(Branch& branch) {
  for (const Claim& claim : branch.seen) {
    if (!claim.wanted || claim.schema->is != Is::object) continue;
    for (const bool items : {true, false}) {
      const Schema* rest = claim.schema->find(items ? "unevaluatedItems" : "unevaluatedProperties");
      if (!rest || trivially_true(*rest)) continue;
      std::vector<const Schema*> beside = {claim.schema};
      for (size_t i = 0; i < beside.size(); ++i) {
        for (const Schema* next : branch.led_to[beside[i]]) {
          if (std::find(beside.begin(), beside.end(), next) == beside.end()) beside.push_back(next);
        }
      }
      const auto any_says = [&](const char* keyword, size_t from) {
        return std::any_of(beside.begin() + static_cast<ptrdiff_t>(from), beside.end(),
                           [&](const Schema* one) { return one->is == Is::object && one->find(keyword); });
      };
      if (items && any_says("contains", 0)) {
        branch.shape.refused.emplace(
            kArray, document_.error(*claim.schema, "unevaluatedItems", "is not supported together with contains"));
      }
      const bool all = items ? any_says("items", 0) || any_says("unevaluatedItems", 1)
                             : any_says("additionalProperties", 0) || any_says("unevaluatedProperties", 1);
      if (!all) (items ? branch.shape.other_items : branch.shape.other_properties).push_back({rest, std::move(beside)});
    }
  }
}

Status SchemaShapes::apply(Branch& branch, const Claim& claim) {
  const Schema& schema = *claim.schema;
  if (const Schema* of = document_.negation(schema)) {
    claim_also(branch, schema, {of, !claim.wanted});
    return {};
  }
  if (const Schema* of = document_.same(schema)) {
    claim_also(branch, schema, {of, claim.wanted});
    return {};
  }
  if (schema.is == Is::boolean) {
    branch.dead = schema.flag != claim.wanted;
    return {};
  }
  PERSEA_CHECK(refuse_endless(schema, 0));
  if (!claim.wanted) {
    Ways ways = denials(schema);
    if (ways.size() == 1) {
      branch.todo.insert(branch.todo.end(), ways[0].begin(), ways[0].end());
    } else {
      branch.dead = ways.empty();
      static const Schema kNobody;  // what is denied tells nothing about the rest
      branch.choices.push_back({&kNobody, std::move(ways)});
    }
    return {};
  }
  if (const OrderedJson* constant = schema.find("const")) branch.constant = constant;
  if (const OrderedJson* listed = schema.find("enum")) branch.listed = &listed->items;
  PERSEA_CHECK(apply_in_place(branch, schema));
  return constrain(branch.shape, schema);
}

// Schemas whose in-place parts lead back to themselves would match anything or nothing.
Status SchemaShapes::refuse_endless(const Schema& schema, int depth) {
  if (schema.is != Is::object) return {};
  if (depth > kMostReferences) return document_.error(schema, "", "too many references in a row");
  const auto [it, fresh] = ending_.emplace(&schema, false);
  if (!fresh) return it->second ? Status() : document_.error(schema, "", "refers to itself without going into a value");
  if (schema.find("$ref")) {
    PERSEA_TRY(const Schema* target, document_.target(schema));
    PERSEA_CHECK(refuse_endless(*target, depth + 1));
  }
  for (const char* keyword : {"allOf", "anyOf", "oneOf"}) {
    const OrderedJson* list = schema.find(keyword);
    for (size_t i = 0; list && i < list->items.size(); ++i) PERSEA_CHECK(refuse_endless(list->items[i], depth + 1));
  }
  for (const char* keyword : {"not", "if", "then", "else"}) {
    if (const OrderedJson* one = schema.find(keyword)) PERSEA_CHECK(refuse_endless(*one, depth + 1));
  }
  if (const OrderedJson* map = schema.find("dependentSchemas")) {
    for (const auto& [name, one] : map->members) PERSEA_CHECK(refuse_endless(one, depth + 1));
  }
  ending_[&schema] = true;
  return {};
}

Status SchemaShapes::apply_in_place(Branch& branch, const Schema& schema) {
  const auto all = [&](const OrderedJson* list) {
    for (size_t i = 0; list && i < list->items.size(); ++i) claim_also(branch, schema, {&list->items[i], true});
  };
  if (schema.find("$ref")) {
    PERSEA_TRY(const Schema* target, document_.target(schema));
    claim_also(branch, schema, {target, true});
  }
  all(schema.find("allOf"));
  if (const OrderedJson* no = schema.find("not")) branch.todo.push_back({no, false});
  if (const OrderedJson* list = schema.find("anyOf")) {
    Ways ways;
    for (const Schema& one : list->items) ways.push_back({{&one, true}});
    branch.choices.push_back({&schema, std::move(ways)});
  }
  if (schema.find("oneOf")) {
    PERSEA_TRY(Ways ways, one_of(schema));
    branch.choices.push_back({&schema, std::move(ways)});
  }
  const Schema *condition = schema.find("if"), *then = schema.find("then"), *otherwise = schema.find("else");
  if (condition && (then || otherwise)) {
    Ways ways = {{{condition, true}}, {{condition, false}}};
    if (then) ways[0].push_back({then, true});
    if (otherwise) ways[1].push_back({otherwise, true});
    branch.choices.push_back({&schema, std::move(ways)});
  }
  for (const char* keyword : {"dependentRequired", "dependentSchemas"}) {
    const OrderedJson* map = schema.find(keyword);
    for (size_t i = 0; map && i < map->members.size(); ++i) {
      const auto& [name, value] = map->members[i];
      Goal there = {{&document_.make(requiring({name}), schema), true}};
      if (value.is == Is::array) {
        std::vector<std::string> names;
        for (const OrderedJson& one : value.items) names.push_back(one.text);
        there.push_back({&document_.make(requiring(names), schema), true});
      } else {
        there.push_back({&value, true});
      }
      Ways ways = {{{&document_.make(lacking(name), schema), true}}, std::move(there)};
      branch.choices.push_back({&schema, std::move(ways)});
    }
  }
  return {};
}

// Exactly one of the schemas: each with the denial of those that could match the same value.
Result<SchemaShapes::Ways> SchemaShapes::one_of(const Schema& schema) {
  const std::vector<Schema>& all = schema.find("oneOf")->items;
  Ways ways(all.size());
  for (size_t i = 0; i < all.size(); ++i) ways[i].push_back({&all[i], true});
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      // What cannot be told apart with certainty is denied: what cannot be denied is an error then.
      const auto apart = nothing({{&all[i], true}, {&all[j], true}});
      if (apart && *apart) continue;
      ways[i].push_back({&all[j], false});
      ways[j].push_back({&all[i], false});
    }
  }
  return ways;
}

Status SchemaShapes::add_values(const std::vector<const OrderedJson*>& values, const Goal& goal, Shapes& out) {
  for (const OrderedJson* value : values) {
    const auto same = [&](const OrderedJson* other) { return same_value(*value, *other); };
    if (std::any_of(out.values.begin(), out.values.end(), same)) continue;
    bool fits = true;
    for (const Claim& claim : goal) {
      PERSEA_TRY(const bool is, validator_.matches(*value, *claim.schema));
      fits = fits && is == claim.wanted;
    }
    if (fits) out.values.push_back(value);
  }
  return {};
}

void SchemaShapes::constrain_kinds(Shape& shape, const Schema& schema) {
  const OrderedJson* type = schema.find("type");
  if (!type) return;
  unsigned kinds = 0;
  bool integer = false, number = false;
  const auto add = [&](const std::string& name) {
    kinds |= kinds_of(name);
    integer = integer || name == "integer";
    number = number || name == "number";
  };
  if (type->is == Is::string) add(type->text);
  for (const OrderedJson& one : type->items) add(one.text);
  const OrderedJson* nullable = schema.find("nullable");
  if (nullable && nullable->flag) kinds |= kNull;
  shape.kinds &= kinds;
  if (integer && !number) shape.numbers.integer = true;
}

Status SchemaShapes::constrain(Shape& shape, const Schema& schema) {
  constrain_kinds(shape, schema);
  for (const auto& [keyword, value] : schema.members) {
    const auto number = [&value = value] { return *Decimal::parse(value.text); };
    if (keyword == "minimum") shape.numbers.at_least(number(), false);
    if (keyword == "exclusiveMinimum") shape.numbers.at_least(number(), true);
    if (keyword == "maximum") shape.numbers.at_most(number(), false);
    if (keyword == "exclusiveMaximum") shape.numbers.at_most(number(), true);
    if (keyword == "multipleOf") shape.numbers.multiples.push_back(number());
    if (keyword == kNotMultipleOf) shape.numbers.not_multiples.push_back(number());
    if (keyword == kNotInteger) shape.numbers.not_integer = true;
    if (keyword == "minItems") shape.min_items = std::max(shape.min_items, count_of(value));
    if (keyword == "maxItems") shape.max_items = std::min(shape.max_items, count_of(value));
    if (keyword == "minProperties") shape.min_properties = std::max(shape.min_properties, count_of(value));
    if (keyword == "maxProperties") shape.max_properties = std::min(shape.max_properties, count_of(value));
    if (keyword == "required") {
      for (const OrderedJson& name : value.items) {
        if (std::find(shape.required.begin(), shape.required.end(), name.text) == shape.required.end())
          shape.required.push_back(name.text);
      }
    }
    if (keyword == "uniqueItems" && value.flag)
      shape.unique_items.push_back(document_.error(schema, keyword, "is not supported where there may be two items"));
    if (keyword == kRefused) {
      for (unsigned kind = 1; kind < kAnyKind; kind *= 2) {
        if (shape.kinds & kind) shape.refused.emplace(kind, Error{value.text});
      }
    }
    if (keyword == kDiffers) differ(shape, schema, value);
  }
  const auto says = [&](std::initializer_list<const char*> keywords) {
    return std::any_of(keywords.begin(), keywords.end(), [&](const char* keyword) { return schema.find(keyword); });
  };
  if (says({"prefixItems", "items", "contains"})) shape.arrays.push_back(&schema);
  if (says({"properties", "patternProperties", "additionalProperties", "propertyNames"}))
    shape.objects.push_back(&schema);
  return constrain_string(shape, schema);
}

Status SchemaShapes::constrain_string(Shape& shape, const Schema& schema) {
  for (const auto& [keyword, value] : schema.members) {
    if (keyword == "minLength") shape.min_length = std::max(shape.min_length, count_of(value));
    if (keyword == "maxLength") shape.max_length = std::min(shape.max_length, count_of(value));
    if (keyword != "pattern" && keyword != "format" && keyword != kNotPattern) continue;
    // What other kinds of values need must not fail because of what is said of strings.
    const auto language = keyword == "format" ? languages_.format(value.text) : languages_.pattern(value.text);
    if (!language) {
      shape.refused.emplace(kString, document_.error(schema, keyword == kNotPattern ? "pattern" : keyword, "{}",
                                                     language.error().message));
    } else if (*language) {
      (keyword == kNotPattern ? shape.without : shape.within).push_back(*language);
    }
  }
  return {};
}

// None of the values. Of arrays and objects that cannot be said.
void SchemaShapes::differ(Shape& shape, const Schema& schema, const OrderedJson& values) {
  for (const OrderedJson& value : values.items) {
    switch (value.is) {
      case Is::number:
        shape.numbers.not_equal.push_back(*Decimal::parse(value.text));
        break;
      case Is::string:
        if (auto language = Languages::just(value.text)) shape.without.push_back(*language);
        break;
      case Is::array:
      case Is::object:
        shape.refused.emplace(
            kind_of(value), document_.error(schema, "", "must not be a given array or object: that is not supported"));
        break;
      default:
        shape.kinds &= ~kind_of(value);
    }
  }
}

}  // namespace persea::grammar
