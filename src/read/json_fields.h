// Which fields of a JSON object, or columns of a table, hold a text and what is told of it, by their names.
#pragma once

#include <string_view>

namespace persea::read {

enum class Field { none, text, title, address, author, date, licence };

struct FieldName {
  Field field = Field::none;
  int rank = 0;  // where two fields of an object mean the same, the lower one counts
};

// `name` in any case.
FieldName field_name(std::string_view name);

}  // namespace persea::read
