// JSON as it was written: keys in their order, numbers with all their digits. Schemas are read as this, because the
// order of their properties is the order of what is written after them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "text/grammar/decimal.h"

namespace persea::grammar {

struct OrderedJson {
  enum class Is : uint8_t { null, boolean, number, string, array, object };
  Is is = Is::null;
  bool flag = false;
  std::string text;  // of a string, or the digits of a number
  std::vector<OrderedJson> items;
  struct Member;
  std::vector<Member> members;  // each key once

  const OrderedJson* find(std::string_view key) const;  // nullptr where there is none

  static OrderedJson of(bool value);
  static OrderedJson of(std::string_view value);
  static OrderedJson number(std::string_view digits);
  static OrderedJson object(std::vector<Member> members);
  static OrderedJson array(std::vector<OrderedJson> items);
};

struct OrderedJson::Member {
  std::string first;
  OrderedJson second;
};

// Errors: no JSON, nested deeper than 128 levels, a key that stands twice, more than 5000 keys, a number that Decimal
// does not take.
Result<OrderedJson> parse_ordered_json(std::string_view text, std::string_view where);

// Equal as JSON values: 1 is 1.0, and the order of keys does not matter.
bool same_value(const OrderedJson& a, const OrderedJson& b);

}  // namespace persea::grammar
