// decisions.jsonl from arbitrary bytes: what is read holds together, and says the same when it is written again.
#include "data/curation/decisions.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto reader = persea::curation::DecisionReader::parse(text, "fuzz");
  std::string_view bytes;
  while (reader.next(bytes)) {
    const auto line = persea::curation::parse_decision(bytes, "fuzz");
    if (!line) continue;
    if (line->mark_begin > line->mark_end || line->mark_end > line->excerpt.size()) __builtin_trap();
    const auto again = persea::curation::parse_decision(persea::canonical_json(line->json()), "again");
    if (!again || again->reasons() != line->reasons()) __builtin_trap();
  }
  return 0;
}
