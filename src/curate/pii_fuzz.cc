// Any bytes as a text: what is found lies in it, in order and apart, and a mask changes what holds something and
// nothing else.
#include <cstdint>
#include <cstdlib>

#include "curate/pii.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<persea::curate::PiiFind> found;
  persea::curate::find_pii(text, {}, found);
  size_t behind = 0;
  for (const auto& [kind, place] : found) {
    if (place.begin < behind || place.end <= place.begin || place.end > size) std::abort();
    behind = place.end;
  }
  const std::string masked = persea::curate::mask_pii(text, found);
  if (found.empty() != (masked == text)) std::abort();
  return 0;
}
