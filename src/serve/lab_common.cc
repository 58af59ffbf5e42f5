#include "serve/lab_common.h"

#include <algorithm>
#include <charconv>

#include "ledger/manifest.h"

namespace persea {

using http::ApiError;

namespace {

bool is_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

ApiError no_lab() {
  return {.status = 404, .message = "this server has no lab: persea serve --lab DIR shows one", .code = "no_lab"};
}

ApiError unknown(std::string_view id) {
  return {.status = 404, .message = fmt::format("the lab has no \"{}\"", id), .code = "not_found"};
}

ApiError unreadable(const Error& error) { return {.status = 500, .message = error.message, .code = "lab_unreadable"}; }

std::string_view value_of(const http::Fields& query, std::string_view name) {
  for (const http::Field& field : query) {
    if (field.name == name) return field.value;
  }
  return {};
}

std::optional<int64_t> number_of(const http::Fields& query, std::string_view name, int64_t usual, int64_t low,
                                 int64_t high) {
  const std::string_view text = value_of(query, name);
  if (text.empty()) return usual;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high) return std::nullopt;
  return value;
}

ApiError no_number(const char* name, int64_t low, int64_t high) {
  return {.message = fmt::format("{}: must be a whole number from {} to {}", name, low, high),
          .code = "invalid_value",
          .param = name};
}

bool could_be_id(std::string_view id) {
  const size_t dash = id.rfind('-');
  if (dash == id.npos || !valid_kind(id.substr(0, dash))) return false;
  const std::string_view digits = id.substr(dash + 1);
  return !digits.empty() && digits.size() <= 64 && std::all_of(digits.begin(), digits.end(), is_digit);
}

std::string_view kind_of(std::string_view id) { return id.substr(0, id.rfind('-')); }

std::variant<Artifact, ApiError> exactly(Lab& lab, std::string_view id) {
  if (!could_be_id(id)) return unknown(id);
  const auto resolved = lab.resolve(id);
  if (!resolved || *resolved != id) return unknown(id);
  auto artifact = lab.find(id);
  if (!artifact) return unreadable(artifact.error());
  return std::move(*artifact);
}

}  // namespace persea
