// parse_target and parse_form: whatever the bytes, segments that are no step out of the root, or an error of one line.
#include <cstdint>
#include <cstdlib>

#include "http/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto form = persea::http::parse_form(text); form && form->size() > 1000) std::abort();
  const auto target = persea::http::parse_target(text);
  if (!target) {
    if (target.error().message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  for (const std::string& segment : target->segments) {
    if (segment.empty()) std::abort();
    for (const char c : segment) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
    }
  }
  const std::string path = target->path() + "/";
  if (path.find("/../") != path.npos || path.find("/./") != path.npos || !path.starts_with('/')) std::abort();
  return 0;
}
