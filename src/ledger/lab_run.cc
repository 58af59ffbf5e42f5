// Executing a stage, and how its directory becomes an artifact.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <stdexcept>

#include "base/log.h"
#include "ledger/lab_state.h"
#include "ledger/lock.h"
#include "ledger/tree.h"

namespace persea {
namespace {

// Now, with milliseconds, so that what was made one after the other is listed so.
std::string time_of_creation() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::time_t seconds = milliseconds / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:03}Z", text, milliseconds % 1000);
}

// A new directory tmp/NAME whose name is locked from before it exists until it is destroyed: no other program takes it
// for what a dead one left. What is there at the end is removed.
class BuildDirectory {
 public:
  static Result<BuildDirectory> create(const fs::path& tmp, const fs::path& lock_file, std::string_view kind) {
    static std::atomic<uint64_t> counter{0};
    while (true) {
      const std::string name = fmt::format("{}.{}.{}", kind, getpid(), counter.fetch_add(1));
      PERSEA_TRY(auto lock, NameLock::try_acquire(lock_file, tmp_lock(name)));
      if (!lock) continue;  // a process of another machine or container with the same number
      fs::path path = tmp / name;
      if (::mkdir(path.c_str(), 0777) == 0) return BuildDirectory(std::move(*lock), std::move(path));
      if (errno != EEXIST) return fail("{}: cannot make the folder: {}", path.string(), std::strerror(errno));
    }
  }
  BuildDirectory(BuildDirectory&& other) noexcept
      : lock_(std::move(other.lock_)), path_(std::exchange(other.path_, {})) {}
  BuildDirectory& operator=(BuildDirectory&&) = delete;
  ~BuildDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  BuildDirectory(NameLock lock, fs::path path) : lock_(std::move(lock)), path_(std::move(path)) {}
  NameLock lock_;
  fs::path path_;
};

Status rename_directory(const fs::path& from, const fs::path& to, unsigned flags) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0) return {};
  return fail("{}: cannot move into place: {}", to.string(), std::strerror(errno));
}

void check_spec(const StageSpec& spec) {
  if (!valid_kind(spec.kind)) throw std::logic_error("Lab::run: \"" + spec.kind + "\" cannot name a kind of artifacts");
  if (spec.version < 0 || !spec.settings.is_object()) throw std::logic_error("Lab::run: version or settings");
  for (const auto& [role, id] : spec.inputs) {
    if (!valid_kind(role)) throw std::logic_error("Lab::run: \"" + role + "\" cannot name a role");
  }
}

Json cost_of(const Usage& usage, const Usage& prior, int64_t tokens, int64_t bytes) {
  Json cost = {{"wall_seconds", usage.wall + prior.wall},
               {"cpu_seconds", usage.cpu + prior.cpu},
               {"gpu_seconds", 0.0},
               {"joules", nullptr},
               {"tokens", tokens},
               {"bytes", bytes}};
  if (usage.joules) cost["joules"] = *usage.joules + prior.joules.value_or(0);
  return cost;
}

// Hashes all files beneath `out`, makes them and their directories durable, and takes their write permission away.
Result<std::vector<ArtifactFile>> seal_files(const fs::path& out, const std::set<std::string, std::less<>>& records) {
  PERSEA_TRY(const Tree tree, list_tree(out));
  for (const TreeFile& file : tree.files) {
    if (!file.regular) return fail("{}: is no regular file: an artifact holds no links", (out / file.path).string());
    if (!valid_artifact_path(file.path))
      return fail("{}: the stage made a file of a name that an artifact cannot hold", (out / file.path).string());
  }
  for (const std::string& record : records) {
    if (std::none_of(tree.files.begin(), tree.files.end(), [&](const TreeFile& f) { return f.path == record; })) {
      throw std::logic_error("StageContext::record: there is no file " + record);
    }
  }
  std::vector<ArtifactFile> files;
  const auto hashes = hash_files(out, tree.files, true);
  for (size_t i = 0; i < hashes.size(); ++i) {
    if (!hashes[i]) return hashes[i].error();
    const TreeFile& file = tree.files[i];
    files.push_back({file.path, file.bytes, *hashes[i], records.count(file.path) > 0});
    ::chmod((out / file.path).c_str(), 0444);  // against accidents only: a file system without permissions will do
  }
  for (auto directory = tree.directories.rbegin(); directory != tree.directories.rend(); ++directory) {
    PERSEA_CHECK(sync_path(out / *directory));
  }
  return files;
}

}  // namespace

const Artifact& StageContext::input(std::string_view role) const {
  for (const auto& [name, artifact] : inputs_) {
    if (name == role) return artifact;
  }
  throw std::logic_error("StageContext::input: the stage has no input " + std::string(role));
}

void StageContext::add_prior_cost(const Usage& usage) {
  prior_.wall += usage.wall;
  prior_.cpu += usage.cpu;
  if (usage.joules) prior_.joules = prior_.joules.value_or(0) + *usage.joules;
}

Result<StageResult> Lab::run(const StageSpec& spec, const std::function<Status(StageContext&)>& body) {
  State& s = *state_;
  check_spec(spec);
  StageContext context;
  std::vector<ArtifactInput> inputs;
  for (const auto& [role, id] : spec.inputs) {
    PERSEA_TRY(Artifact artifact, s.load(id));
    if (const auto damages = missing_or_resized(artifact); !damages.empty()) {
      return fail("{}: {}: put back a copy, or remove the folder and make it again",
                  artifact.file(damages[0].file).string(), damages[0].problem);
    }
    inputs.push_back({role, id, artifact.content()});
    context.inputs_.emplace_back(role, std::move(artifact));
  }
  const std::string key = stage_key(spec.kind, spec.version, spec.settings, inputs);
  const std::string name = fmt::format("{}-{}", spec.kind, key.substr(0, 16));
  context.work_ = s.work() / name;

  PERSEA_TRY(auto lock, NameLock::try_acquire(s.lock_file(), work_lock(name)));
  if (!lock) {
    log_info("{}: another program is executing this stage in this lab: waiting for it", spec.kind);
    PERSEA_TRY(lock, NameLock::acquire(s.lock_file(), work_lock(name)));
  }
  std::error_code ignored;
  if (spec.reuse) {
    PERSEA_TRY(const auto ids, s.index.with_key(key));
    for (const std::string& id : ids) {
      auto artifact = s.load(id);
      const auto damages = artifact.ok() ? missing_or_resized(*artifact) : std::vector<Damage>();
      if (artifact.ok() && damages.empty()) {
        fs::remove_all(context.work_, ignored);  // of a program that was killed just before it would have done so
        return StageResult{std::move(*artifact), true};
      }
      log_warning("{}: executing the stage again",
                  artifact.ok() ? fmt::format("{}: {}", artifact->file(damages[0].file).string(), damages[0].problem)
                                : artifact.error().message);
    }
  }

  std::error_code error;
  fs::create_directories(context.work_, error);
  if (error) return fail("{}: cannot make the folder: {}", context.work_.string(), error.message());
  PERSEA_TRY(const BuildDirectory build, BuildDirectory::create(s.tmp(), s.lock_file(), spec.kind));
  context.out_ = build.path();
  const Meter meter;
  const auto execute = [&]() -> Result<Artifact> {
    PERSEA_CHECK(body(context));
    PERSEA_TRY(const auto files, seal_files(context.out_, context.records_));
    Json manifest = {{"kind", spec.kind},
                     {"stage_version", spec.version},
                     {"program_version", PERSEA_VERSION},
                     {"created", time_of_creation()},
                     {"settings", spec.settings},
                     {"facts", context.facts_},
                     {"inputs", Json::array()},
                     {"files", Json::array()},
                     {"content", content_digest(files)}};
    manifest["id"] = artifact_id(spec.kind, key, manifest["content"].get<std::string>());
    for (const ArtifactInput& input : inputs) {
      manifest["inputs"].push_back({{"role", input.role}, {"id", input.id}, {"content", input.content}});
    }
    for (const ArtifactFile& file : files) {
      manifest["files"].push_back(
          {{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.sha256}, {"record", file.record}});
    }
    manifest["cost"] = cost_of(meter.now(), context.prior_, context.tokens_, context.bytes_);
    const fs::path path = context.out_ / "manifest.json";
    PERSEA_CHECK(write_file(path, seal_manifest(std::move(manifest)).dump(2) + "\n"));
    ::chmod(path.c_str(), 0444);
    return install(context.out_);
  };
  auto artifact = execute();
  if (!artifact) {
    fs::remove(context.work_, ignored);  // only where the stage left nothing in it
    return artifact.error();
  }
  fs::remove_all(context.work_, ignored);
  return StageResult{std::move(*artifact), false};
}

Result<Artifact> Lab::install(const fs::path& built) {
  State& s = *state_;
  // Read back as any reader will: what could not be read must not be put in place.
  PERSEA_TRY(const std::string text, read_file(built / "manifest.json"));
  PERSEA_TRY(Json manifest, parse_manifest(text, (built / "manifest.json").string()));
  Artifact artifact{manifest.at("id"), manifest.at("kind"), {}, std::move(manifest)};
  artifact.path = s.directory(artifact.id);
  std::error_code error;
  if (!fs::exists(fs::symlink_status(artifact.path, error))) {
    PERSEA_CHECK(rename_directory(built, artifact.path, 0));
  } else {
    // The same stage gave the same content before. The first stays, as whatever was made from it names it; unless it is
    // damaged: then this one takes its place in one step.
    if (auto first = s.load(artifact.id); first.ok() && missing_or_resized(*first).empty()) return first;
    PERSEA_CHECK(s.index.update(false, {artifact.id}, {}));  // or a kill would leave the digest of the other
    PERSEA_CHECK(rename_directory(built, artifact.path, RENAME_EXCHANGE));
  }
  PERSEA_CHECK(sync_path(s.artifacts()));
  if (const Status indexed = s.index.put(artifact); !indexed) {
    // The artifact is whole and durable; the next to open the lab will index it.
    log_warning("{}: {} is made, but not in the index yet", indexed.error().message, artifact.id);
  }
  return artifact;
}

}  // namespace persea
