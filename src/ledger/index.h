// The index of a lab in SQL: which artifacts there are, by key, kind and input. It can be rebuilt from the directories;
// nothing is only here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ledger/artifact.h"
#include "store/database.h"

namespace persea {

class Index {
 public:
  static Result<Index> open(const std::filesystem::path& path);

  // Records `artifact` in place of one of the same id.
  Status put(const Artifact& artifact);
  // Forgets `gone` (or, with `all`, everything), then records those of `found` that are not there; in one transaction.
  Status update(bool all, const std::vector<std::string>& gone, const std::vector<Artifact>& found);

  // (id, digest) of all, oldest first.
  Result<std::vector<std::pair<std::string, std::string>>> all();
  Result<std::optional<std::string>> digest(std::string_view id);
  // Ids whose stage had this key, newest first.
  Result<std::vector<std::string>> with_key(std::string_view key);
  // Ids made directly from `input`, oldest first.
  Result<std::vector<std::string>> made_from(std::string_view input);
  // The id that `name` stands for: an id, a kind (its newest), or the unique beginning of an id or of its digits.
  Result<std::string> resolve(std::string_view name);

 private:
  explicit Index(Database database) : database_(std::move(database)) {}
  Status insert(const Artifact& artifact);
  Status erase(std::string_view id);
  Database database_;
};

}  // namespace persea
