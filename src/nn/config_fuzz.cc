// Any JSON as a config.json: either one clear error, or a config that is written and read back the same.
#include <cstdint>
#include <string_view>

#include "nn/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace persea;
  const auto json = parse_json(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!json) return 0;
  const auto config = config_from_hugging_face(*json, "fuzz");
  if (!config) {
    if (config.error().message.find('\n') != std::string::npos) __builtin_trap();
    return 0;
  }
  const auto back = config_from_hugging_face(to_hugging_face(*config), "fuzz");
  if (!back || !(*back == *config) || config->parameters() <= 0) __builtin_trap();
  return 0;
}
