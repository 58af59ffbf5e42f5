// RequestReader: any bytes, as a connection would get them, read in one piece and in small ones. Both must tell the
// same requests, within their limits, and end.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "http/request_reader.h"

using persea::http::RequestReader;

namespace {

constexpr size_t kHeaderBytes = 512, kBodyBytes = 256;

// All that was understood, ending in what it ended with.
std::string told(std::string_view input, size_t step) {
  std::string text, bytes;
  auto reader = std::make_unique<RequestReader>(kHeaderBytes);
  for (size_t at = 0; at < input.size();) {
    bytes += input.substr(at, step);
    at += step;
    for (bool more = false; !more;) {
      switch (reader->feed(bytes)) {
        case RequestReader::Event::more:
          more = true;
          if (bytes.size() > kHeaderBytes + step) std::abort();
          break;
        case RequestReader::Event::head: {
          const auto& head = reader->head();
          text += head.method + " " + head.target.path() + " " + std::to_string(head.headers.size()) + "\n";
          if (const auto refusal = reader->limit_body(kBodyBytes)) return text + std::to_string(refusal->status);
          break;
        }
        case RequestReader::Event::request: {
          const std::string body = reader->take_body();
          if (body.size() > kBodyBytes) std::abort();
          text += body + "\n";
          reader = std::make_unique<RequestReader>(kHeaderBytes);
          more = bytes.empty();
          break;
        }
        case RequestReader::Event::refused:
          if (reader->refusal().status < 400 || reader->feed(bytes) != RequestReader::Event::refused) std::abort();
          return text + "refused";
      }
    }
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string whole = told(input, std::max<size_t>(size, 1));
  for (const size_t step : {size_t{1}, size_t{7}}) {
    const std::string pieces = told(input, step);
    // What is refused is seen earlier or later, or waited for still; what was understood before is the same.
    const auto understood = [](const std::string& text) { return text.substr(0, text.rfind('\n') + 1); };
    const auto ended = [](std::string_view text) { return text.ends_with("refused") || text.ends_with("413"); };
    if (ended(whole) || ended(pieces) ? understood(pieces) != understood(whole) : pieces != whole) std::abort();
  }
  return 0;
}
