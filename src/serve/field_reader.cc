#include "serve/field_reader.h"

#include <algorithm>
#include <cmath>

namespace persea {

FieldReader::FieldReader(const Json& object, std::string path, std::optional<ApiError>& error)
    : object_(object), path_(std::move(path)), error_(error) {
  if (!object.is_object() && !error_) {
    error_ = ApiError{
        .message = fmt::format("{} must be an object, not {}", path_.empty() ? "the body" : path_, kind_of(object)),
        .code = "invalid_type",
        .param = path_};
  }
}

const Json* FieldReader::find(std::string_view name) const {
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::string FieldReader::path(std::string_view name) const {
  return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
}

void FieldReader::refuse(std::string_view name, std::string message, std::string code) const {
  if (error_) return;
  error_ = ApiError{.message = fmt::format("{}: {}", path(name), message),
                    .code = code.empty() ? "invalid_value" : std::move(code),
                    .param = path(name)};
}

std::string FieldReader::text(std::string_view name, std::string fallback) const {
  const Json* value = find(name);
  if (!value) return fallback;
  if (value->is_string()) return value->get<std::string>();
  refuse(name, fmt::format("must be a text, not {}", kind_of(*value)), "invalid_type");
  return fallback;
}

std::string FieldReader::required_text(std::string_view name) const {
  if (!find(name)) refuse(name, "is missing", "missing_required_parameter");
  return text(name);
}

bool FieldReader::flag(std::string_view name, bool fallback) const {
  const Json* value = find(name);
  if (!value) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  refuse(name, fmt::format("must be true or false, not {}", kind_of(*value)), "invalid_type");
  return fallback;
}

double FieldReader::number(std::string_view name, double fallback, double low, double high) const {
  const Json* value = find(name);
  if (!value) return fallback;
  if (!value->is_number()) {
    refuse(name, fmt::format("must be a number, not {}", kind_of(*value)), "invalid_type");
    return fallback;
  }
  const double number = value->get<double>();
  if (number >= low && number <= high) return number;
  refuse(name, fmt::format("is {}; it must lie in {}..{}", number, low, high));
  return fallback;
}

int64_t FieldReader::integer(std::string_view name, int64_t fallback, int64_t low, int64_t high) const {
  const Json* value = find(name);
  if (!value) return fallback;
  // 5.0 is a 5: some languages write it so.
  const double number = value->is_number_float() ? value->get<double>() : 0;
  const bool whole = value->is_number_integer() ||
                     (value->is_number_float() && std::trunc(number) == number && std::abs(number) < 9e15);
  if (!whole) {
    refuse(name, fmt::format("must be a whole number, not {}", kind_of(*value)), "invalid_type");
    return fallback;
  }
  const bool huge = value->is_number_unsigned() && value->get<uint64_t>() > std::numeric_limits<int64_t>::max();
  if (!huge && value->get<int64_t>() >= low && value->get<int64_t>() <= high) return value->get<int64_t>();
  refuse(name, high == std::numeric_limits<int64_t>::max()
                   ? fmt::format("is {}; it must be at least {}", value->dump(), low)
                   : fmt::format("is {}; it must lie in {}..{}", value->dump(), low, high));
  return fallback;
}

const Json* FieldReader::object(std::string_view name) const {
  const Json* value = find(name);
  if (!value || value->is_object()) return value;
  refuse(name, fmt::format("must be an object, not {}", kind_of(*value)), "invalid_type");
  return nullptr;
}

const Json* FieldReader::array(std::string_view name, size_t most) const {
  const Json* value = find(name);
  if (!value) return nullptr;
  if (!value->is_array()) {
    refuse(name, fmt::format("must be a list, not {}", kind_of(*value)), "invalid_type");
    return nullptr;
  }
  if (value->size() <= most) return value;
  refuse(name, fmt::format("has {} entries; {} are allowed", value->size(), most));
  return nullptr;
}

std::string FieldReader::word(std::string_view name, const std::vector<std::string>& words) const {
  const std::string chosen = text(name, words.front());
  if (std::find(words.begin(), words.end(), chosen) != words.end()) return chosen;
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  refuse(name, fmt::format("must be one of: {}", all));
  return words.front();
}

std::string_view kind_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::string:
      return "a text";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::boolean:
      return "true or false";
    case Json::value_t::null:
      return "null";
    default:
      return "a number";
  }
}

std::optional<ApiError> parse_body(std::string_view body, Json& object) {
  auto parsed = parse_json(body, "the body");
  if (!parsed) return ApiError{.message = parsed.error().message, .code = "invalid_json"};
  if (!parsed->is_object()) {
    return ApiError{.message = fmt::format("the body must be a JSON object, not {}", kind_of(*parsed)),
                    .code = "invalid_type"};
  }
  object = std::move(*parsed);
  return std::nullopt;
}

}  // namespace persea
