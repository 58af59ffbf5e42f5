// What there is to read: the files of all sources in their order, and the units in which they are read. Nothing here
// depends on threads, ranks or memory, so parts are cut the same everywhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "data/curation/recipe.h"

namespace persea::curation {

struct PlannedFile {
  uint32_t source;         // of the recipe
  std::string name, path;  // as people know it, and where it lies
  std::string digest;      // SHA-256 of what it holds
  std::string unreadable;  // why there is no digest
  int64_t bytes = 0;
};

// Files of one source that are read one after the other: small ones together, a large one by itself.
struct Unit {
  uint32_t first, files;
  int64_t bytes;
};

struct LeftOut {
  std::string source, reason;
};

struct Plan {
  std::vector<PlannedFile> files;
  std::vector<Unit> units;
  std::vector<LeftOut> left_out;  // sources that do not have what the recipe demands

  std::string digest() const;  // of names and contents, by source
  int64_t bytes() const;

  // For the other ranks, which must not look for themselves: a folder may change meanwhile.
  Json json() const;
  static Plan from_json(const Json& json);
};

// A unit of more bytes than this is one file.
inline constexpr int64_t kUnitBytes = 64 << 20;

// Lists the sources' files and reads all of them for their digests. Fails where a source is not there.
Result<Plan> make_plan(const Recipe& recipe);

}  // namespace persea::curation
