#include "ledger/lab.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "ledger/lab_state.h"
#include "ledger/lock.h"
#include "ledger/tree.h"

namespace persea {
namespace {

// The names in a directory, sorted.
Result<std::vector<std::string>> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  for (const fs::directory_iterator end; !error && entries != end; entries.increment(error)) {
    names.push_back(entries->path().filename().string());
  }
  if (error) return fail("{}: cannot list: {}", directory.string(), error.message());
  std::sort(names.begin(), names.end());
  return names;
}

// Removes what dead processes left in tmp/: a live one holds the lock of its directory's name since before it was made.
Status sweep(const fs::path& tmp, const fs::path& lock_file) {
  PERSEA_TRY(const auto names, names_in(tmp));
  for (const std::string& name : names) {
    PERSEA_TRY(const auto lock, NameLock::try_acquire(lock_file, tmp_lock(name)));
    std::error_code error;
    if (lock) fs::remove_all(tmp / name, error);
    if (error) log_warning("{}: cannot remove what a dead process left: {}", (tmp / name).string(), error.message());
  }
  return {};
}

}  // namespace

std::string tmp_lock(std::string_view name) { return fmt::format("tmp/{}", name); }
std::string work_lock(std::string_view name) { return fmt::format("work/{}", name); }

std::vector<Damage> missing_or_resized(const Artifact& artifact) {
  std::vector<Damage> damages;
  for (const ArtifactFile& file : artifact.files()) {
    std::error_code error;
    const fs::path path = artifact.file(file.path);
    const fs::file_status status = fs::symlink_status(path, error);
    if (!fs::exists(status)) {
      damages.push_back({artifact.id, file.path, "missing"});
    } else if (!fs::is_regular_file(status)) {
      damages.push_back({artifact.id, file.path, "not a regular file"});
    } else if (const auto bytes = fs::file_size(path, error); error || bytes != static_cast<uintmax_t>(file.bytes)) {
      damages.push_back({artifact.id, file.path,
                         error ? error.message() : fmt::format("altered: {} bytes instead of {}", bytes, file.bytes)});
    }
  }
  return damages;
}

Result<Artifact> Lab::State::load(const std::string& id, const std::string& digest) const {
  PERSEA_TRY(Artifact artifact, read_artifact(directory(id)));
  if (artifact.manifest.at("digest") != digest) {
    return fail("{}: it was altered: its digest is not the one that the index recorded",
                artifact.file("manifest.json").string());
  }
  return artifact;
}

Result<Artifact> Lab::State::load(const std::string& id) {
  PERSEA_TRY(const auto digest, index.digest(id));
  if (!digest) return fail("no artifact {} in the lab {}", id, root.string());
  return load(id, *digest);
}

Status Lab::State::reconcile(bool rebuild) {
  // The index first, the directories second: an artifact is renamed into place before it is indexed, so what the index
  // knew and the directory has no more is gone.
  PERSEA_TRY(const auto indexed, index.all());
  PERSEA_TRY(const auto names, names_in(artifacts()));
  const std::set<std::string> present(names.begin(), names.end());
  std::set<std::string> known;
  std::vector<std::string> gone;
  for (const auto& [id, digest] : indexed) {
    known.insert(id);
    if (present.count(id)) continue;
    gone.push_back(id);
    log_warning("{}: the folder is gone: forgotten", directory(id).string());
  }
  std::vector<Artifact> found;
  for (const std::string& name : names) {
    if (!rebuild && known.count(name)) continue;
    if (auto artifact = read_artifact(directory(name)); artifact.ok()) {
      found.push_back(std::move(*artifact));
    } else {
      log_warning("{}", artifact.error().message);
    }
  }
  if (!rebuild && gone.empty() && found.empty()) return {};
  return index.update(rebuild, gone, found);
}

Lab::Lab(std::unique_ptr<State> state) : state_(std::move(state)) {}
Lab::Lab(Lab&&) noexcept = default;
Lab& Lab::operator=(Lab&&) noexcept = default;
Lab::~Lab() = default;
const fs::path& Lab::root() const { return state_->root; }

Result<Lab> Lab::open(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path / "artifacts", error)) {
    if (fs::exists(path, error) && !fs::is_directory(path, error)) {
      return fail("{}: is a file: a lab is a folder", path.string());
    }
    if (fs::exists(path, error) && !fs::is_empty(path, error) && !fs::exists(path / "lab.lock", error)) {
      return fail("{}: is no lab, and holds other things: name a new or an empty folder", path.string());
    }
    // lab.lock comes first, so that a kill in between leaves what the line above still takes for a lab.
    fs::create_directories(path, error);
    if (error) return fail("{}: cannot make the folder: {}", path.string(), error.message());
  }
  PERSEA_TRY(const NameLock opening, NameLock::acquire(path / "lab.lock", "open"));
  for (const char* name : {"artifacts", "work", "tmp"}) {
    fs::create_directories(path / name, error);
    if (error) return fail("{}: cannot make the folder: {}", (path / name).string(), error.message());
  }
  PERSEA_TRY(Index index, Index::open(path / "lab.db"));
  auto state = std::make_unique<State>(path, std::move(index));
  PERSEA_CHECK(sweep(state->tmp(), state->lock_file()));
  PERSEA_CHECK(state->reconcile(false));
  return Lab(std::move(state));
}

Result<Lab> Lab::open_existing(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path / "artifacts", error)) {
    return fail("{}: no lab here: persea run makes one, --lab or PERSEA_LAB names another", path.string());
  }
  return open(path);
}

Result<std::string> Lab::resolve(std::string_view name) {
  auto id = state_->index.resolve(name);
  std::error_code error;
  // A damaged artifact that was never indexed can still be named in full.
  if (!id && valid_artifact_path(name) && fs::is_directory(state_->directory(name), error)) return std::string(name);
  return id;
}

Result<Artifact> Lab::find(std::string_view name) {
  PERSEA_TRY(const std::string id, state_->index.resolve(name));
  return state_->load(id);
}

Result<std::vector<std::string>> Lab::ids() {
  PERSEA_TRY(auto indexed, state_->index.all());
  std::vector<std::string> ids;
  ids.reserve(indexed.size());
  for (auto& [id, digest] : indexed) ids.push_back(std::move(id));
  return ids;
}

Result<std::vector<Artifact>> Lab::list(std::vector<Damage>* damages) {
  PERSEA_TRY(const auto indexed, state_->index.all());
  std::vector<Artifact> artifacts;
  artifacts.reserve(indexed.size());
  for (const auto& [id, digest] : indexed) {
    if (auto artifact = state_->load(id, digest); artifact.ok()) {
      artifacts.push_back(std::move(*artifact));
    } else if (damages) {
      damages->push_back({id, "manifest.json", artifact.error().message});
    }
  }
  return artifacts;
}

Result<std::vector<std::string>> Lab::made_from(std::string_view id) { return state_->index.made_from(id); }

Result<Lineage> Lab::lineage(std::string_view name) {
  Lineage lineage;
  PERSEA_TRY(lineage.root, resolve(name));
  std::vector<std::string> open = {lineage.root};
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    const auto [node, fresh] = lineage.nodes.try_emplace(id);
    if (!fresh) continue;
    if (auto artifact = state_->load(id); artifact.ok()) {
      node->second.inputs = artifact->inputs();
      node->second.artifact = std::move(*artifact);
      for (const ArtifactInput& input : node->second.inputs) open.push_back(input.id);
    } else {
      node->second.problem = artifact.error().message;
    }
  }
  return lineage;
}

std::vector<Unfinished> Lab::unfinished() const {
  std::vector<Unfinished> stages;
  const auto names = names_in(state_->work());
  if (!names) return stages;
  for (const std::string& name : *names) {
    Unfinished stage{name.substr(0, name.rfind('-')), state_->work() / name, 0,
                     NameLock::held(state_->lock_file(), work_lock(name))};
    if (const auto tree = list_tree(stage.work); tree.ok()) {
      for (const TreeFile& file : tree->files) stage.bytes += file.bytes;
    }
    stages.push_back(std::move(stage));
  }
  return stages;
}

Status Lab::rebuild_index() { return state_->reconcile(true); }

}  // namespace persea
