// A corpus from arbitrary bytes: the first byte says where its index ends and its text begins.
#include <algorithm>

#include "data/corpus.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const size_t cut = std::min<size_t>(bytes.size(), size_t{data[0]} * 8);
  const auto text = bytes.subspan(cut);
  auto reader =
      persea::CorpusReader::parse(bytes.first(cut), {reinterpret_cast<const char*>(text.data()), text.size()}, "fuzz");
  if (!reader) return 0;
  size_t read = 0;
  for (int64_t i = 0; i < reader->documents(); ++i) read += (*reader)[i].text.size();
  if (read != text.size()) __builtin_trap();
  return 0;
}
