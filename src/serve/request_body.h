// How each parser of a request's body begins and ends: the bytes are an object with a model's name, and what was
// refused first is what the client gets.
#pragma once

#include <optional>
#include <string_view>

#include "serve/requests.h"

namespace persea {

// Runs `read` on the body's object and a T to be filled.
template <class T, class Read>
Parsed<T> parse_request(std::string_view body, Read&& read) {
  Json object;
  if (auto refusal = parse_body(body, object)) return *refusal;
  std::optional<ApiError> error;
  const FieldReader reader(object, "", error);
  T request;
  request.model = reader.text("model");
  read(reader, request);
  if (error) return *error;
  return request;
}

}  // namespace persea
