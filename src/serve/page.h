// The page that the program carries: the files that the build makes of web/ (see cmake/page.cmake). Where it was built
// without them there are none.
#pragma once

#include <span>
#include <string_view>

#include "http/static_files.h"

namespace persea {

std::span<const http::StaticFile> page_files();  // "/index.html" and what that names

// What a browser lets the page do: scripts, styles and requests of this server alone, nothing inline, no frames, and no
// text made into HTML by any script.
inline constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types "
    "'none'";

}  // namespace persea
