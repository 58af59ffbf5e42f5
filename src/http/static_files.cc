#include "http/static_files.h"

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

#include "base/hash.h"

namespace persea::http {
namespace {

std::string_view type_of(std::string_view path) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kTypes = {{
      {".html", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".txt", "text/plain; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".wasm", "application/wasm"},
      {".webm", "video/webm"},
      {".mp4", "video/mp4"},
  }};
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

// If-None-Match: "*", or a list of tags, weak ones ("W/...") as good as others.
bool names_tag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (item.starts_with(' ') || item.starts_with('\t')) item.remove_prefix(1);
    while (item.ends_with(' ') || item.ends_with('\t')) item.remove_suffix(1);
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == tag || item == "*") return true;
  }
  return false;
}

}  // namespace

void add_static_files(Router& router, std::span<const StaticFile> files, std::string_view policy) {
  constexpr std::string_view kIndex = "/index.html";
  for (const StaticFile& file : files) {
    const std::string tag = "\"" + sha256(file.bytes).substr(0, 32) + "\"";
    const auto whole = std::make_shared<const Response>(
        Response{.content_type = std::string(file.content_type.empty() ? type_of(file.path) : file.content_type),
                 .headers = {{"ETag", tag},
                             {"Cache-Control", "no-cache"},  // kept, but asked about each time
                             {"Content-Security-Policy", std::string(policy)},
                             {"Referrer-Policy", "no-referrer"},
                             {"X-Frame-Options", "DENY"},
                             {"Cross-Origin-Opener-Policy", "same-origin"},
                             {"Cross-Origin-Resource-Policy", "same-origin"},
                             {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"}},
                 .fixed_body = file.bytes});
    const Handler handler = [whole, tag](const Request& request, const Reply& reply) {
      Response response = *whole;
      if (const auto known = request.header("If-None-Match"); known && names_tag(*known, tag)) {
        response.status = 304;
        response.fixed_body = {};
      }
      reply.send(std::move(response));
    };
    router.get(file.path, handler);
    if (file.path.ends_with(kIndex)) {
      const std::string_view folder = file.path.substr(0, file.path.size() - kIndex.size());
      router.get(folder.empty() ? "/" : folder, handler);
    }
  }
}

}  // namespace persea::http
