// References between schemas: what a relative URI means beside another (RFC 3986, 5.2). Only text is looked at.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace persea::grammar {

std::string resolved_uri(std::string_view base, std::string_view reference);

// %xx as bytes; nullopt where they are not well formed.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace persea::grammar
