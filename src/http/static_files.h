// Files that the program carries within it, as a web page's: bytes in memory under fixed paths, with what a browser
// should be told about them. It never opens a file, so no path leads anywhere else.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/router.h"

namespace persea::http {

struct StaticFile {
  std::string_view path;               // "/app.js"; "/index.html" answers "/" too, and "/docs/index.html" "/docs"
  std::string_view bytes;              // outlives the server
  std::string_view content_type = {};  // empty: by the path's ending
};

// Scripts, styles and connections of the same origin only, nothing inline, no frames.
inline constexpr std::string_view kStrictPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

void add_static_files(Router& router, std::span<const StaticFile> files, std::string_view policy = kStrictPolicy);

}  // namespace persea::http
