// Keywords that JSON Schema does not have, for what a denied schema leaves: they stand only in schemas that
// SchemaDocument::make() was given, since their names cannot pass its check.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/grammar/ordered_json.h"

namespace persea::grammar {

inline constexpr const char* kNotMultipleOf = "\x01multipleOf";
inline constexpr const char* kNotInteger = "\x01integer";
inline constexpr const char* kNotPattern = "\x01pattern";
inline constexpr const char* kDiffers =
    "\x01"
    "differs";                                          // a list of values: none of them
inline constexpr const char* kRefused = "\x01refused";  // values of this type are asked for what cannot be done

// {"type": type, keyword: value}
inline OrderedJson typed(std::string_view type, std::string_view keyword, OrderedJson value) {
  return OrderedJson::object({{"type", OrderedJson::of(type)}, {std::string(keyword), std::move(value)}});
}
// {"required": names}
inline OrderedJson requiring(const std::vector<std::string>& names) {
  std::vector<OrderedJson> items;
  for (const std::string& name : names) items.push_back(OrderedJson::of(std::string_view(name)));
  return OrderedJson::object({{"required", OrderedJson::array(std::move(items))}});
}
// {"properties": {name: false}}
inline OrderedJson lacking(const std::string& name) {
  return OrderedJson::object({{"properties", OrderedJson::object({{name, OrderedJson::of(false)}})}});
}

}  // namespace persea::grammar
