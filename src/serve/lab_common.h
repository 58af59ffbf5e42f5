// What the views of a lab share: its refusals, and the reading of queries and names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "http/message.h"
#include "ledger/lab.h"

namespace persea {

http::ApiError no_lab();
http::ApiError unknown(std::string_view id);
http::ApiError unreadable(const Error& error);

// Of a query; "" where it is not there.
std::string_view value_of(const http::Fields& query, std::string_view name);
// A whole number of the query from `low` to `high`, `usual` where it is not there; nothing where it is none.
std::optional<int64_t> number_of(const http::Fields& query, std::string_view name, int64_t usual, int64_t low,
                                 int64_t high);
http::ApiError no_number(const char* name, int64_t low, int64_t high);

// KIND-HEX: nothing else names an artifact or a stage's work folder, so no path does.
bool could_be_id(std::string_view id);
std::string_view kind_of(std::string_view id);

// The artifact of exactly this id.
std::variant<Artifact, http::ApiError> exactly(Lab& lab, std::string_view id);

}  // namespace persea
