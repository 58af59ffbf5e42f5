// Reads a request's JSON object field by field, with types and ranges; the first thing that is wrong is kept as the
// reply that the client gets, with the field's path ("messages[2].content"). null is as good as absent. Fields that
// nobody asks for are no error: clients send many that a server may ignore.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "http/message.h"

namespace persea {

using http::ApiError;

class FieldReader {
 public:
  // `object` has to be a JSON object; `error` is shared by the readers of one request, and set at most once.
  FieldReader(const Json& object, std::string path, std::optional<ApiError>& error);

  // The field, or nullptr where it is absent or null.
  const Json* find(std::string_view name) const;
  std::string path(std::string_view name) const;

  // Values with their defaults; what is of another type or out of range is refused.
  std::string text(std::string_view name, std::string fallback = {}) const;
  bool flag(std::string_view name, bool fallback) const;
  double number(std::string_view name, double fallback, double low, double high) const;
  int64_t integer(std::string_view name, int64_t fallback, int64_t low,
                  int64_t high = std::numeric_limits<int64_t>::max()) const;
  const Json* object(std::string_view name) const;
  const Json* array(std::string_view name, size_t most) const;
  // One of `words`; the first is what an absent field means.
  std::string word(std::string_view name, const std::vector<std::string>& words) const;
  // A text that has to be there.
  std::string required_text(std::string_view name) const;

  void refuse(std::string_view name, std::string message, std::string code = {}) const;  // the field `name`
  bool failed() const { return error_.has_value(); }
  std::optional<ApiError>& error() const { return error_; }

 private:
  const Json& object_;
  std::string path_;
  std::optional<ApiError>& error_;
};

// "a text", "a number", ...: what a value is, for messages.
std::string_view kind_of(const Json& value);

// The body as a JSON object; else the refusal.
std::optional<ApiError> parse_body(std::string_view body, Json& object);

}  // namespace persea
