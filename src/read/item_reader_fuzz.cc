// Any bytes as a file of any name: whatever comes out of it is text, and of bounded size. The first byte chooses the
// name.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "read/byte_source.h"
#include "read/decode.h"
#include "read/item_reader.h"
#include "text/unicode.h"

using namespace persea::read;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr std::array<std::string_view, 12> kNames{"x.txt",  "x.jsonl", "x.json", "x.csv",  "x.zip", "x.html",
                                                           "x.epub", "x.docx",  "x",      "x.warc", "x.xml", "x.eml"};
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const ReadLimits limits{.item_bytes = 4096, .document_bytes = 256, .keep_quotes = (data[0] & 128) != 0};
  ItemReader reader =
      ItemReader::over(memory_source(std::string(bytes)), kNames[(data[0] & 127) % kNames.size()], limits);
  Item item;
  Decoded decoded;
  for (size_t items = 0; reader.next(item); ++items) {
    if (items > 100000) break;             // what is packed may hold any number
    if (item.form == Form::pdf) continue;  // read in a process of its own
    decode(item, limits, decoded);
    for (const Document& document : decoded.documents) {
      if (document.text.empty() || document.text.size() > 256 || document.text.find('\0') != std::string::npos ||
          document.text.find('\r') != std::string::npos ||
          persea::unicode::to_valid_utf8(document.text) != document.text) {
        std::abort();
      }
    }
    decoded.clear();
  }
  (void)reader.take_skipped();
  return 0;
}
