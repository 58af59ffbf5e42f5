// Reads members of a config.json and remembers the first thing that is wrong with it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/result.h"

namespace persea {

// A text from the file as it may stand in a message: quoted, on one line.
inline std::string shown(const std::string& text) { return Json(text).dump(); }

// A member that is missing or of a wrong kind gives the value for a missing one, or nothing.
class ConfigReader {
 public:
  ConfigReader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {}

  bool has(const char* key) const { return object_.contains(key) && !object_.at(key).is_null(); }
  bool names(const char* key) const { return object_.contains(key); }  // if only with null
  const Json& at(const char* key) const { return object_.at(key); }

  int64_t integer(const char* key, std::optional<int64_t> missing = {}) {
    if (!has(key)) return absent(key, missing);
    const Json& value = at(key);
    if (value.is_number_unsigned() ? value.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())
                                   : !value.is_number_integer()) {
      return wrong(key, "a whole number", missing);
    }
    return value.get<int64_t>();
  }
  double number(const char* key, std::optional<double> missing = {}) {
    if (!has(key)) return absent(key, missing);
    return at(key).is_number() ? at(key).get<double>() : wrong(key, "a number", missing);
  }
  bool boolean(const char* key, bool missing) {
    if (!has(key)) return missing;
    return at(key).is_boolean() ? at(key).get<bool>() : wrong<bool>(key, "true or false", missing);
  }
  std::string text(const char* key, std::optional<std::string> missing = {}) {
    if (!has(key)) return absent(key, missing);
    return at(key).is_string() ? at(key).get<std::string>() : wrong(key, "a text", missing);
  }
  // Says that `key` asks for something that this program does not compute.
  void unsupported(const char* key, std::string_view what) {
    if (!error_) error_ = fail("{}: \"{}\": {}", where_, key, what);
  }

  void adopt(const ConfigReader& inner) {
    if (!error_) error_ = inner.error_;
  }

  bool ok() const { return !error_; }
  const Error& error() const { return *error_; }
  const std::string& where() const { return where_; }

 private:
  template <class T>
  T absent(const char* key, const std::optional<T>& missing) {
    if (!missing && !error_) error_ = fail("{}: the key \"{}\" is missing", where_, key);
    return missing.value_or(T{});
  }
  template <class T>
  T wrong(const char* key, std::string_view kind, const std::optional<T>& missing) {
    if (!error_) error_ = fail("{}: \"{}\" must be {}", where_, key, kind);
    return missing.value_or(T{});
  }

  const Json& object_;
  std::string where_;
  std::optional<Error> error_;
};

}  // namespace persea
