// Any bytes as wiki markup: never much more text than markup.
#include <cstdint>
#include <cstdlib>

#include "read/wikitext.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (persea::read::wikitext_to_text(bytes).size() > 3 * size + 10) std::abort();
  return 0;
}
