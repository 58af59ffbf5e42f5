// The texts that an item holds: a pure function of its bytes, safe on any thread and on any bytes.
#pragma once

#include <vector>

#include "read/item.h"
#include "read/item_reader.h"

namespace persea::read {

struct Decoded {
  std::vector<Document> documents;
  std::vector<Skipped> skipped;
  int64_t replaced = 0;  // bytes that were no character of their encoding, each turned into U+FFFD

  void clear() {
    documents.clear();
    skipped.clear();
    replaced = 0;
  }
};

// Appends to `out`.
void decode(const Item& item, const ReadLimits& limits, Decoded& out);

}  // namespace persea::read
