// A file of arbitrary bytes, as text, .jsonl or compressed.
#include <cstdint>
#include <cstdlib>

#include "data/text_source.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto dir = persea::TempDir::create(persea::fs::temp_directory_path(), "persea-fuzz");
  const persea::fs::path path = dir->path() / "input";
  if (!persea::write_file(path, {reinterpret_cast<const char*>(data), size})) return 0;
  for (const char* name : {"x.txt", "x.jsonl"}) {
    (void)persea::read_source(path, name, {.document_bytes = 64, .line_bytes = 256}, [](std::string_view text) {
      if (text.empty() || text.size() > 64) std::abort();
      return persea::Status();
    });
  }
  return 0;
}
