// What shapes ask of strings, numbers, items and properties, and whether anything is left that matches.
#include <algorithm>

#include "text/grammar/characters.h"
#include "text/grammar/expression.h"
#include "text/grammar/schema_shapes.h"

namespace persea::grammar {
namespace {

Goal tidy(Goal goal) {
  std::erase_if(goal, [](const Claim& claim) { return claim.wanted && trivially_true(*claim.schema); });
  std::sort(goal.begin(), goal.end());
  goal.erase(std::unique(goal.begin(), goal.end()), goal.end());
  return goal;
}

}  // namespace

Result<DfaPtr> SchemaShapes::strings(const Shape& shape) {
  DfaPtr all = languages_.any();
  const auto take = [&](Result<Dfa> made) -> Status {
    if (!made) return made.error();
    all = std::make_shared<const Dfa>(std::move(*made));
    return {};
  };
  for (const DfaPtr& language : shape.within) {
    if (all == languages_.any()) {
      all = language;
    } else {
      PERSEA_CHECK(take(intersection(*all, *language)));
    }
  }
  if (shape.min_length > 0 || shape.max_length != kNoLimit) {
    PERSEA_TRY(const DfaPtr length, languages_.length(shape.min_length, shape.max_length));
    if (all == languages_.any()) {
      all = length;
    } else {
      PERSEA_CHECK(take(intersection(*all, *length)));
    }
  }
  for (const DfaPtr& language : shape.without) PERSEA_CHECK(take(difference(*all, *language)));
  return all;
}

Result<DfaPtr> SchemaShapes::strings(const Goal& goal) {
  if (goal.empty()) return languages_.any();
  PERSEA_TRY(const Shapes shapes, of(goal));
  std::vector<Expression> ways;
  for (const Shape& shape : shapes.open) {
    if (!(shape.kinds & kString)) continue;
    if (const auto it = shape.refused.find(kString); it != shape.refused.end()) return it->second;
    PERSEA_TRY(DfaPtr one, strings(shape));
    ways.push_back(language(std::move(one)));
  }
  for (const OrderedJson* value : shapes.values) {
    if (value->is == OrderedJson::Is::string) ways.push_back(text(*json_spelling(value->text)));
  }
  PERSEA_TRY(Dfa all, compiled(choice(std::move(ways))));
  return DfaPtr(std::make_shared<const Dfa>(std::move(all)));
}

Result<Dfa> SchemaShapes::numbers(const Shape& shape) { return number_language(shape.numbers); }

Goal SchemaShapes::item(const Shape& shape, size_t index) {
  Goal goal;
  for (const Schema* schema : shape.arrays) {
    const OrderedJson *prefix = schema->find("prefixItems"), *items = schema->find("items");
    if (prefix && index < prefix->items.size()) {
      goal.push_back({&prefix->items[index], true});
    } else if (items) {
      goal.push_back({items, true});
    }
  }
  for (const Shape::Rest& rest : shape.other_items) {
    const bool covered = std::any_of(rest.beside.begin(), rest.beside.end(), [&](const Schema* schema) {
      const OrderedJson* prefix = schema->find("prefixItems");
      return prefix && index < prefix->items.size();
    });
    if (!covered) goal.push_back({rest.schema, true});
  }
  return tidy(std::move(goal));
}

Result<Goal> SchemaShapes::property(const Shape& shape, const std::string& name) {
  Goal goal;
  for (const Schema* schema : shape.objects) {
    bool covered = false;
    const OrderedJson *named = schema->find("properties"), *patterned = schema->find("patternProperties");
    if (const OrderedJson* own = named ? named->find(name) : nullptr) {
      goal.push_back({own, true});
      covered = true;
    }
    for (size_t i = 0; patterned && i < patterned->members.size(); ++i) {
      const auto language = languages_.pattern(patterned->members[i].first);
      if (!language) return document_.error(*schema, "patternProperties", "{}", language.error().message);
      if (!(*language)->accepts(*json_spelling(name))) continue;
      goal.push_back({&patterned->members[i].second, true});
      covered = true;
    }
    const Schema *others = schema->find("additionalProperties"), *names = schema->find("propertyNames");
    if (!covered && others) goal.push_back({others, true});
    if (!names) continue;
    PERSEA_TRY(const bool may, validator_.matches(OrderedJson::of(std::string_view(name)), *names));
    if (!may) goal.push_back({&document_.make(OrderedJson::of(false), *schema), true});
  }
  for (const Shape::Rest& rest : shape.other_properties) {
    bool covered = false;
    for (const Schema* schema : rest.beside) {
      const OrderedJson *named = schema->find("properties"), *patterned = schema->find("patternProperties");
      covered = covered || (named && named->find(name));
      for (size_t i = 0; patterned && i < patterned->members.size(); ++i) {
        const auto language = languages_.pattern(patterned->members[i].first);
        if (!language) return document_.error(*schema, "patternProperties", "{}", language.error().message);
        covered = covered || (*language)->accepts(*json_spelling(name));
      }
    }
    if (!covered) goal.push_back({rest.schema, true});
  }
  return tidy(std::move(goal));
}

Result<bool> SchemaShapes::nothing(const Goal& goal, int depth) {
  if (depth == 0 || goal.empty()) return false;
  PERSEA_TRY(const Shapes shapes, of(goal));
  if (!shapes.values.empty()) return false;
  for (const Shape& shape : shapes.open) {
    if (shape.kinds & (kNull | kFalse | kTrue)) return false;
    if (shape.kinds & kNumber) {
      PERSEA_TRY(const Dfa language, numbers(shape));
      if (!language.nothing()) return false;
    }
    if (shape.kinds & kString) {
      PERSEA_TRY(const DfaPtr language, strings(shape));
      if (!language->nothing()) return false;
    }
    if (shape.kinds & kArray) {
      PERSEA_TRY(const bool none, no_array(shape, depth));
      if (!none) return false;
    }
    if (shape.kinds & kObject) {
      PERSEA_TRY(const bool none, no_object(shape, depth));
      if (!none) return false;
    }
  }
  return true;
}

Result<bool> SchemaShapes::no_array(const Shape& shape, int depth) {
  if (shape.max_items < shape.min_items) return true;
  for (size_t i = 0; i < std::min<size_t>(shape.min_items, 16); ++i) {
    PERSEA_TRY(const bool none, nothing(item(shape, i), depth - 1));
    if (none) return true;
  }
  return false;
}

Result<bool> SchemaShapes::no_object(const Shape& shape, int depth) {
  if (shape.max_properties < std::max<size_t>(shape.min_properties, shape.required.size())) return true;
  for (const std::string& name : shape.required) {
    PERSEA_TRY(const Goal goal, property(shape, name));
    PERSEA_TRY(const bool none, nothing(goal, depth - 1));
    if (none) return true;
  }
  return false;
}

}  // namespace persea::grammar
