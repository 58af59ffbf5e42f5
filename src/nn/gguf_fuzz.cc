// Any bytes as a GGUF file: either one clear error, or a header whose every tensor can be read.
#include <cstdint>
#include <vector>

#include "nn/gguf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace persea;
  const auto file = Gguf::parse({reinterpret_cast<const std::byte*>(data), size}, "fuzz");
  if (!file) {
    if (file.error().message.find('\n') != std::string::npos) __builtin_trap();
    return 0;
  }
  for (const auto& [name, entry] : file->entries()) {
    std::vector<float> values(static_cast<size_t>(element_count(entry.shape)));
    if (!file->read(name, entry.shape, values).ok()) __builtin_trap();
  }
  return 0;
}
