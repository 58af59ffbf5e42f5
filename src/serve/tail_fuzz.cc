// Lines of metrics: whatever the bytes, what comes of them is a list of objects that can be written again.
#include <cstdint>
#include <cstdlib>

#include "serve/tail.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const persea::Json rows = persea::json_lines({reinterpret_cast<const char*>(data), size});
  if (!rows.is_array()) std::abort();
  for (const persea::Json& row : rows) {
    if (!row.is_object() || persea::canonical_json(row).empty()) std::abort();
  }
  return 0;
}
