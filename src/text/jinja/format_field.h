// Text, whole numbers and fractions filled up to a width: what Python's two ways to format share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace persea::jinja {

inline constexpr int64_t kMaxWidth = 10000;

// One field: what stands behind the % or within the {}.
struct Field {
  std::string fill = " ";
  char align = 0;  // < > ^, or = for after the sign
  char sign = '-';
  bool prefix = false;  // #
  char group = 0;       // , or _
  int64_t width = 0;
  int64_t precision = -1;
  char type = 0;
};

// `sign` and `body` filled up to the field's width; '=' fills between them.
std::string filled(const Field& field, std::string_view sign, std::string_view body, char align);
std::string format_whole(const Field& field, int64_t value, int64_t least_digits);
std::string format_real(const Field& field, double value);

}  // namespace persea::jinja
