// Reading everything again and naming what is not as it was recorded.
#include <algorithm>
#include <map>
#include <set>

#include "ledger/lab_state.h"
#include "ledger/tree.h"

namespace persea {
namespace {

// What one artifact's directory is compared with.
struct Expected {
  std::string id;
  std::optional<Artifact> artifact;
  Tree tree;
};

void compare(const Expected& expected, const std::function<void(int64_t)>& progress, Verification& result) {
  const auto damaged = [&](const std::string& file, std::string problem) {
    result.damages.push_back({expected.id, file, std::move(problem)});
  };
  std::map<std::string, ArtifactFile> recorded;
  for (ArtifactFile& file : expected.artifact->files()) {
    std::string path = file.path;
    recorded.emplace(std::move(path), std::move(file));
  }
  std::vector<TreeFile> to_hash;
  for (const TreeFile& file : expected.tree.files) {
    if (file.path == "manifest.json") continue;
    const auto record = recorded.find(file.path);
    if (record == recorded.end()) {
      damaged(file.path, "extra: the manifest does not know it");
    } else if (!file.regular) {
      damaged(file.path, "altered: not a regular file");
    } else if (file.bytes != record->second.bytes) {
      damaged(file.path, fmt::format("altered: {} bytes instead of {}", file.bytes, record->second.bytes));
    } else {
      to_hash.push_back(file);
    }
  }
  const auto hashes = hash_files(expected.artifact->path, to_hash, false, progress);
  for (size_t i = 0; i < to_hash.size(); ++i) {
    const ArtifactFile& record = recorded.at(to_hash[i].path);
    ++result.files;
    result.bytes += record.bytes;
    if (!hashes[i]) {
      damaged(record.path, hashes[i].error().message);
    } else if (*hashes[i] != record.sha256) {
      damaged(record.path, "altered: its SHA-256 is not the recorded one");
    }
  }
  for (const TreeFile& file : expected.tree.files) recorded.erase(file.path);
  for (const auto& [path, record] : recorded) damaged(path, "missing");
}

}  // namespace

Result<Verification> Lab::verify(std::string_view id, const std::function<void(int64_t, int64_t)>& progress) {
  State& s = *state_;
  std::set<std::string> ids;
  std::error_code error;
  if (id.empty()) {
    PERSEA_TRY(const auto indexed, s.index.all());
    for (const auto& [known, digest] : indexed) ids.insert(known);
    for (const auto& entry : fs::directory_iterator(s.artifacts(), error)) ids.insert(entry.path().filename().string());
    if (error) return fail("{}: cannot list: {}", s.artifacts().string(), error.message());
  } else {
    ids.insert(std::string(id));
  }

  Verification result;
  std::vector<Expected> all;
  int64_t total = 0, done = 0;
  for (const std::string& name : ids) {
    const fs::path directory = s.directory(name);
    if (!fs::is_directory(fs::symlink_status(directory, error))) {
      const bool there = fs::exists(fs::symlink_status(directory, error));
      result.damages.push_back({name, "", there ? "extra: not an artifact" : "missing: the folder is gone"});
      continue;
    }
    PERSEA_TRY(const auto digest, s.index.digest(name));
    auto artifact = digest ? s.load(name, *digest) : read_artifact(directory);
    if (!artifact) {
      result.damages.push_back({name, "manifest.json", artifact.error().message});
      continue;
    }
    auto tree = list_tree(directory);
    if (!tree) {
      result.damages.push_back({name, "", tree.error().message});
      continue;
    }
    for (const TreeFile& file : tree->files) total += file.bytes;
    all.push_back({name, std::move(*artifact), std::move(*tree)});
  }
  for (const Expected& expected : all) {
    ++result.artifacts;
    compare(
        expected,
        [&](int64_t bytes) {
          done += bytes;
          if (progress) progress(done, total);
        },
        result);
  }
  std::sort(result.damages.begin(), result.damages.end(), [](const Damage& a, const Damage& b) {
    return std::tie(a.artifact, a.file) < std::tie(b.artifact, b.file);
  });
  return result;
}

}  // namespace persea
