// Any bytes as an HTTP answer, and as headers.
#include <cstdint>
#include <cstdlib>

#include "read/http_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto answer = persea::read::read_http_answer("HTTP/1.1 200 OK\r\n" + std::string(bytes), 1 << 16);
  if (answer && answer->body.size() > std::max<size_t>(1 << 16, size)) std::abort();
  (void)persea::read::media_parameter(bytes, "charset");
  (void)persea::read::HeaderLines(bytes).get("Content-Type");
  return 0;
}
