// parse_json: whatever the bytes, a value that survives its canonical form, or an error of one line.
#include <cstdint>
#include <cstdlib>

#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto value = persea::parse_json({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!value) {
    if (value.error().message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  const std::string canonical = persea::canonical_json(*value);
  const auto again = persea::parse_json(canonical, "again");
  if (!again || persea::canonical_json(*again) != canonical) std::abort();
  return 0;
}
