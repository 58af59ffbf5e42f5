// What the parts of Lab share: its places, its index, and how an artifact is read with the index as a second witness.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/index.h"
#include "ledger/lab.h"
#include "ledger/manifest.h"

namespace persea {

struct Lab::State {
  State(fs::path path, Index opened) : root(std::move(path)), index(std::move(opened)) {}

  fs::path artifacts() const { return root / "artifacts"; }
  fs::path work() const { return root / "work"; }
  fs::path tmp() const { return root / "tmp"; }
  fs::path lock_file() const { return root / "lab.lock"; }
  fs::path directory(std::string_view id) const { return artifacts() / id; }

  // Reads the artifact `id`; fails where its manifest is not the one whose `digest` was recorded.
  Result<Artifact> load(const std::string& id, const std::string& digest) const;
  Result<Artifact> load(const std::string& id);

  // Brings the index up to the directories; from nothing if `rebuild`.
  Status reconcile(bool rebuild);

  fs::path root;
  Index index;
};

// Files of `artifact` that are missing or have another size: what can be seen without reading them.
std::vector<Damage> missing_or_resized(const Artifact& artifact);

// The name of the lock that whoever builds tmp/NAME, or executes the stage of work/NAME, holds.
std::string tmp_lock(std::string_view name);
std::string work_lock(std::string_view name);

}  // namespace persea
