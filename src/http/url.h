// What a request's target says: percent decoding, queries and forms, and the path in one normal form. Everything comes
// from outside, so whatever could mean two things (a path out of the root, a control character, half an escape) is an
// error. It knows no file system and resolves no names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace persea::http {

struct Field {
  std::string name, value;
  bool operator==(const Field&) const = default;
};
using Fields = std::vector<Field>;

// "%41" is "A". A '%' without two hexadecimal digits behind it is an error.
Result<std::string> percent_decode(std::string_view text);

// "a=1&b=x+y" of a query or an application/x-www-form-urlencoded body, in the order given; at most 1000 fields.
Result<Fields> parse_form(std::string_view text);

struct Target {
  std::vector<std::string> segments;  // decoded: "/v1//models/./a%20b/" is {"v1", "models", "a b"}
  Fields query;
  std::string path() const;  // "/v1/models/a b"
};
// "/path?query" or "http://host/path?query". No segment is empty, is or contains a path step "." or "..", or holds a
// control character; a "/" in one can only come from "%2F".
Result<Target> parse_target(std::string_view target);

}  // namespace persea::http
