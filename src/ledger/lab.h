// A lab: a directory that holds artifacts and the index of them.
//   artifacts/ID/  immutable, each with its manifest.json
//   work/STAGE/    scratch of a stage under way; survives a kill
//   tmp/           artifacts being built; what a dead process left there is removed when the lab is opened
//   lab.db         the index (SQLite): it can be deleted, and is rebuilt from the directories
//   lab.lock       byte-range locks by which programs in one lab keep out of each other's way
// The directories are the truth and the index follows them. An artifact comes into being by one rename of a directory
// whose files are all on the disk, so that a kill or a full disk at any instant leaves it whole or not there.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "ledger/artifact.h"
#include "ledger/stage.h"

namespace persea {

// One thing that is not as it was recorded.
struct Damage {
  std::string artifact;  // its id (the directory's name)
  std::string file;  // relative to the artifact; "manifest.json" where that is the matter; "" for the whole directory
  std::string problem;  // "missing", "extra", "altered: ...", one line
};

struct Verification {
  int64_t artifacts = 0, files = 0, bytes = 0;  // read and compared
  std::vector<Damage> damages;                  // sorted by artifact and file
};

// What an artifact was made from, back to the sources.
struct Lineage {
  struct Node {
    std::optional<Artifact> artifact;   // nothing where it is gone or damaged
    std::string problem;                // then, why
    std::vector<ArtifactInput> inputs;  // in the stage's order
  };
  std::string root;
  std::map<std::string, Node> nodes;  // by id; the root and everything upstream of it
};

// A stage that was begun and has no artifact yet.
struct Unfinished {
  std::string kind;
  fs::path work;
  int64_t bytes = 0;     // of its scratch
  bool running = false;  // a program is at it now
};

class Lab {
 public:
  // Opens the lab at `path`, or creates it where nothing (or an empty directory) is: fails on a directory that holds
  // something else. Removes what dead processes left in tmp/ and brings the index up to the directories; an artifact
  // whose manifest is damaged is named by a warning and left out.
  static Result<Lab> open(const fs::path& path);
  // The same, but fails where there is no lab yet.
  static Result<Lab> open_existing(const fs::path& path);
  Lab(Lab&&) noexcept;
  Lab& operator=(Lab&&) noexcept;
  ~Lab();

  const fs::path& root() const;

  // Executes a stage: `body` fills context.out(), and the directory becomes an artifact. An artifact of the same key
  // whose files are all there with their sizes is returned instead, without a call of `body`. Where another program is
  // executing the same stage, waits for it (and says so). Errors of `body` come back as they are; its scratch stays for
  // the next time.
  Result<StageResult> run(const StageSpec& spec, const std::function<Status(StageContext&)>& body);

  // By id, by kind (the newest of it), or by the unique beginning of an id or of its hex digits.
  Result<Artifact> find(std::string_view name);
  // The ids of all, oldest first, without reading any.
  Result<std::vector<std::string>> ids();
  // All artifacts, oldest first. Those that cannot be read are left out and, if asked, named in `damages`.
  Result<std::vector<Artifact>> list(std::vector<Damage>* damages = nullptr);
  // The id that `name` (as for find) stands for, whether or not the artifact can be read.
  Result<std::string> resolve(std::string_view name);
  // Ids of the artifacts that were made from this one directly, oldest first.
  Result<std::vector<std::string>> made_from(std::string_view id);
  // Everything that the artifact `name` (as for find) was made from.
  Result<Lineage> lineage(std::string_view name);
  // Stages that were begun and not finished.
  std::vector<Unfinished> unfinished() const;

  // Reads all files of one artifact (by id), or of every artifact where `id` is empty, and compares them with what
  // their manifests say. `progress` hears of bytes done and bytes in all.
  Result<Verification> verify(std::string_view id = {},
                              const std::function<void(int64_t done, int64_t total)>& progress = {});

  // Takes an artifact out of the lab for good, with all its files, by one rename. Whatever was made from it still names
  // it. Fails while a stage is under way, which might be reading it.
  Status remove(const std::string& id);

  // Empties the index and fills it from the directories.
  Status rebuild_index();

 private:
  struct State;
  explicit Lab(std::unique_ptr<State> state);
  // Moves a directory with its manifest into artifacts/, and indexes it.
  Result<Artifact> install(const fs::path& built);
  std::unique_ptr<State> state_;
};

}  // namespace persea
