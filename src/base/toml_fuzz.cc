// parse_toml: whatever the bytes, an object, or an error of one line.
#include <cstdint>
#include <cstdlib>

#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto document = persea::parse_toml({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!document && document.error().message.find('\n') != std::string::npos) std::abort();
  if (document && !document->value.is_object()) std::abort();
  return 0;
}
