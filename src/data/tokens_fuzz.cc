// The two files of a split from arbitrary bytes: the first byte says where one ends and the other begins.
#include "data/loader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const size_t cut = std::min<size_t>(bytes.size(), size_t{data[0]} * 4);
  auto reader = persea::TokenReader::parse(bytes.first(cut), bytes.subspan(cut), "fuzz");
  if (!reader) return 0;
  auto loader = persea::TokenLoader::create(*reader, {.sequences = 2, .length = 16});
  if (loader) (void)loader->at(1);
  for (int64_t i = 0; i < reader->tokens(); ++i) (void)reader->document_of(i);
  return 0;
}
