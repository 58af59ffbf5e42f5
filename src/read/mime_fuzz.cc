// Any bytes as a message, as an encoded word, as a text with quotes.
#include <cstdint>
#include <cstdlib>

#include "read/mime.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)persea::read::read_mail(bytes);
  (void)persea::read::decode_words(bytes);
  if (persea::read::without_quotes(bytes).size() > size + 1) std::abort();
  if (persea::read::decode_quoted_printable(bytes).size() > size) std::abort();
  if (persea::read::decode_base64(bytes).size() > size) std::abort();
  return 0;
}
