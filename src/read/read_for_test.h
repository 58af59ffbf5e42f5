// For tests: what a file of these bytes and this name comes to.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "read/byte_source.h"
#include "read/decode.h"
#include "read/item_reader.h"

namespace persea::read {

struct ReadForTest {
  std::vector<Document> documents;
  std::vector<Skipped> skipped;
  std::string problem;

  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Document& document : documents) all.push_back(document.text);
    return all;
  }
  std::vector<std::string> places() const {
    std::vector<std::string> all;
    for (const Document& document : documents) all.push_back(document.place);
    return all;
  }
  // The reason for a place; "" where it was not skipped.
  std::string reason(std::string_view place = "") const {
    for (const Skipped& each : skipped) {
      if (each.place == place) return each.reason;
    }
    return "";
  }
};

inline ReadForTest read_for_test(std::string bytes, std::string_view name, const ReadLimits& limits = {}) {
  ItemReader reader = ItemReader::over(memory_source(std::move(bytes)), name, limits);
  Decoded decoded;
  Item item;
  while (reader.next(item)) decode(item, limits, decoded);
  ReadForTest all{std::move(decoded.documents), reader.take_skipped(), reader.problem()};
  all.skipped.insert(all.skipped.end(), decoded.skipped.begin(), decoded.skipped.end());
  return all;
}

}  // namespace persea::read
