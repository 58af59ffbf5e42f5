// A schema taken apart: which values match, as a list of shapes of which one has to fit. References, allOf, anyOf,
// oneOf, not, if and their like are gone then; what is left says for each type of value what it must look like. It
// writes no grammar (schema_rules.h does), but knows whether there is anything to write.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "text/grammar/languages.h"
#include "text/grammar/numbers.h"
#include "text/grammar/schema_document.h"
#include "text/grammar/schema_validator.h"

namespace persea::grammar {

// A schema that has to match, or must not.
struct Claim {
  const Schema* schema = nullptr;
  bool wanted = true;
  auto operator<=>(const Claim&) const = default;
};
using Goal = std::vector<Claim>;  // all of them hold

// What kinds of values there are, as bits.
enum Kind : unsigned {
  kNull = 1,
  kFalse = 2,
  kTrue = 4,
  kNumber = 8,
  kString = 16,
  kArray = 32,
  kObject = 64,
  kAnyKind = 127
};

struct Shape {
  unsigned kinds = kAnyKind;
  NumberLimits numbers;

  uint32_t min_length = 0, max_length = UINT32_MAX;
  std::vector<DfaPtr> within, without;  // languages of strings

  // unevaluatedItems or unevaluatedProperties: what is asked of whatever these schemas say nothing about.
  struct Rest {
    const Schema* schema;
    std::vector<const Schema*> beside;
  };
  std::vector<Rest> other_items, other_properties;

  uint32_t min_items = 0, max_items = UINT32_MAX;
  std::vector<const Schema*> arrays;  // whose prefixItems, items and contains hold

  uint32_t min_properties = 0, max_properties = UINT32_MAX;
  std::vector<std::string> required;
  std::vector<const Schema*> objects;  // whose properties, patternProperties, additionalProperties, propertyNames hold

  std::map<unsigned, Error> refused;  // what is asked of a kind and cannot be done
  std::vector<Error> unique_items;    // not empty: the items of arrays have to differ
};

struct Shapes {
  std::vector<Shape> open;
  std::vector<const OrderedJson*> values;  // from lists of them; they have been checked, and no two are the same
};

class SchemaShapes {
 public:
  // Both must outlive it.
  SchemaShapes(SchemaDocument& document, Languages& languages)
      : document_(document), languages_(languages), validator_(document, languages) {}

  Result<Shapes> of(const Goal& goal);

  // The contents of the strings that match the goal.
  Result<DfaPtr> strings(const Goal& goal);
  Result<DfaPtr> strings(const Shape& shape);
  Result<Dfa> numbers(const Shape& shape);

  // What the shape asks of the item at an index, and of the property of a name.
  static Goal item(const Shape& shape, size_t index);
  Result<Goal> property(const Shape& shape, const std::string& name);

  // Whether nothing that could be written matches. False where that is not found out: `depth` levels are looked into.
  Result<bool> nothing(const Goal& goal, int depth = 6);

  SchemaDocument& document() { return document_; }
  Languages& languages() { return languages_; }

 private:
  struct Branch;
  using Ways = std::vector<Goal>;
  Status follow(Branch branch, const Goal& goal, Shapes& out);
  Status apply(Branch& branch, const Claim& claim);
  void claim_also(Branch& branch, const Schema& from, const Claim& claim);
  Status apply_in_place(Branch& branch, const Schema& schema);
  Status constrain(Shape& shape, const Schema& schema);
  void find_rests(Branch& branch);
  Status constrain_string(Shape& shape, const Schema& schema);
  void constrain_kinds(Shape& shape, const Schema& schema);
  void differ(Shape& shape, const Schema& schema, const OrderedJson& values);
  Status add_values(const std::vector<const OrderedJson*>& values, const Goal& goal, Shapes& out);
  Result<Ways> one_of(const Schema& schema);
  Ways denials(const Schema& schema);
  void deny_keyword(const Schema& schema, const std::string& keyword, const OrderedJson& value, Ways& ways);
  void deny_in_place(const Schema& schema, const std::string& keyword, const OrderedJson& value, Ways& ways);
  void deny_array(const Schema& schema, const std::string& keyword, const OrderedJson& value, Ways& ways);
  void deny_object(const Schema& schema, const std::string& keyword, const OrderedJson& value, Ways& ways);
  Result<bool> no_array(const Shape& shape, int depth);
  Result<bool> no_object(const Shape& shape, int depth);
  Status refuse_endless(const Schema& schema, int depth);

  SchemaDocument& document_;
  Languages& languages_;
  SchemaValidator validator_;
  std::map<const Schema*, bool> ending_;  // false while what it refers to is looked at
  size_t work_ = 0;
};

}  // namespace persea::grammar
