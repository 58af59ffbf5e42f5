#include "ledger/manifest.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/file.h"
#include "base/hash.h"

namespace persea {
namespace {

constexpr size_t kMaxManifest = size_t{256} << 20;
constexpr size_t kMaxPath = 1024, kMaxName = 64;
constexpr int kIdDigits = 10;

bool is_hex(std::string_view text, size_t digits) {
  return text.size() == digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// UTF-8 without control characters (C0, DEL, C1), so that printing it does nothing to a terminal but print.
bool printable(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) return false;
    if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  const Json value = std::string(text);
  return Json::parse(canonical_json(value)) == value;  // canonical_json replaces what is no UTF-8
}

bool valid_name(std::string_view text) { return !text.empty() && text.size() <= kMaxName && printable(text); }

// "2026-11-22T03:48:46.123Z"
bool valid_time(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != kForm.size()) return false;
  for (size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != kForm[i]) return false;
  }
  return true;
}

bool valid_id(std::string_view id) {
  return id.size() > kIdDigits + 1 && id[id.size() - kIdDigits - 1] == '-' &&
         is_hex(id.substr(id.size() - kIdDigits), kIdDigits) && valid_kind(id.substr(0, id.size() - kIdDigits - 1));
}

// Reads members and says which one is not as it has to be.
class Reader {
 public:
  explicit Reader(std::string_view where) : where_(where) {}

  template <class Check>
  Status member(const Json& object, const char* key, const char* form, Check&& check) const {
    const auto found = object.find(key);
    if (found == object.end()) return wrong("\"{}\" is missing", key);
    if (!check(*found)) return wrong("\"{}\" is not {}", key, form);
    return {};
  }
  template <class Check>
  Status text(const Json& object, const char* key, const char* form, Check&& check) const {
    return member(object, key, form,
                  [&](const Json& value) { return value.is_string() && check(value.get_ref<const std::string&>()); });
  }
  Status count(const Json& object, const char* key) const {
    return member(object, key, "a whole number of at least 0", [](const Json& value) {
      return value.is_number_integer() &&
             (value.is_number_unsigned() ? value.get<uint64_t>() <= std::numeric_limits<int64_t>::max()
                                         : value.get<int64_t>() >= 0);
    });
  }
  Status amount(const Json& object, const char* key, bool may_be_null = false) const {
    return member(object, key, "a number of at least 0", [&](const Json& value) {
      return (may_be_null && value.is_null()) ||
             (value.is_number() && std::isfinite(value.get<double>()) && value.get<double>() >= 0);
    });
  }
  template <class... Args>
  Error wrong(fmt::format_string<Args...> format, Args&&... args) const {
    return fail("{}: damaged manifest: {}", where_, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  std::string_view where_;
};

bool is_object(const Json& value) { return value.is_object(); }
bool is_array(const Json& value) { return value.is_array(); }
bool is_sha256(std::string_view text) { return is_hex(text, 64); }

Status check_inputs(const Reader& reader, const Json& inputs) {
  for (const Json& input : inputs) {
    if (!input.is_object()) return reader.wrong("an input is no object");
    PERSEA_CHECK(reader.text(input, "role", "a short name", valid_name));
    PERSEA_CHECK(reader.text(input, "id", "an artifact's id", valid_id));
    PERSEA_CHECK(reader.text(input, "content", "a SHA-256", is_sha256));
  }
  return {};
}

Status check_files(const Reader& reader, const Json& files) {
  std::string before;
  int64_t total = 0;
  for (const Json& file : files) {
    if (!file.is_object()) return reader.wrong("a file is no object");
    PERSEA_CHECK(reader.text(file, "path", "a path inside the artifact", valid_artifact_path));
    PERSEA_CHECK(reader.count(file, "bytes"));
    PERSEA_CHECK(reader.text(file, "sha256", "a SHA-256", is_sha256));
    PERSEA_CHECK(reader.member(file, "record", "true or false", [](const Json& v) { return v.is_boolean(); }));
    const auto& path = file.at("path").get_ref<const std::string&>();
    if (path <= before) return reader.wrong("the files are not sorted, or one is there twice: \"{}\"", path);
    before = path;
    const auto bytes = file.at("bytes").get<int64_t>();
    if (bytes > std::numeric_limits<int64_t>::max() - total) return reader.wrong("the files are impossibly large");
    total += bytes;
  }
  return {};
}

Status check_cost(const Reader& reader, const Json& cost) {
  for (const char* key : {"wall_seconds", "cpu_seconds", "gpu_seconds"}) PERSEA_CHECK(reader.amount(cost, key));
  PERSEA_CHECK(reader.amount(cost, "joules", true));
  PERSEA_CHECK(reader.count(cost, "tokens"));
  return reader.count(cost, "bytes");
}

Status check_members(const Reader& reader, const Json& manifest) {
  if (!manifest.is_object()) return reader.wrong("it is no object");
  PERSEA_CHECK(reader.text(manifest, "kind", "a kind", valid_kind));
  PERSEA_CHECK(reader.text(manifest, "id", "an artifact's id", valid_id));
  PERSEA_CHECK(reader.count(manifest, "stage_version"));
  PERSEA_CHECK(reader.text(manifest, "program_version", "a short name", valid_name));
  PERSEA_CHECK(reader.text(manifest, "created", "a time", valid_time));
  PERSEA_CHECK(reader.member(manifest, "settings", "an object", is_object));
  PERSEA_CHECK(reader.member(manifest, "facts", "an object", is_object));
  PERSEA_CHECK(reader.member(manifest, "cost", "an object", is_object));
  PERSEA_CHECK(reader.member(manifest, "inputs", "an array", is_array));
  PERSEA_CHECK(reader.member(manifest, "files", "an array", is_array));
  PERSEA_CHECK(reader.text(manifest, "content", "a SHA-256", is_sha256));
  PERSEA_CHECK(reader.text(manifest, "digest", "a SHA-256", is_sha256));
  PERSEA_CHECK(check_cost(reader, manifest.at("cost")));
  PERSEA_CHECK(check_inputs(reader, manifest.at("inputs")));
  return check_files(reader, manifest.at("files"));
}

}  // namespace

std::vector<ArtifactInput> Artifact::inputs() const {
  std::vector<ArtifactInput> inputs;
  for (const Json& input : manifest.at("inputs")) {
    inputs.push_back({input.at("role"), input.at("id"), input.at("content")});
  }
  return inputs;
}

std::vector<ArtifactFile> Artifact::files() const {
  std::vector<ArtifactFile> files;
  for (const Json& file : manifest.at("files")) {
    files.push_back({file.at("path"), file.at("bytes"), file.at("sha256"), file.at("record")});
  }
  return files;
}

int64_t Artifact::bytes() const {
  int64_t sum = 0;
  for (const Json& file : manifest.at("files")) sum += file.at("bytes").get<int64_t>();
  return sum;
}

bool valid_kind(std::string_view kind) {
  return !kind.empty() && kind.size() <= 40 && kind[0] >= 'a' && kind[0] <= 'z' &&
         std::all_of(kind.begin(), kind.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

bool valid_artifact_path(std::string_view path) {
  if (path.empty() || path.size() > kMaxPath || path == "manifest.json" || !printable(path)) return false;
  if (path.find('\\') != std::string_view::npos) return false;  // a separator elsewhere
  for (size_t start = 0; start <= path.size();) {
    const size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    if (part.empty() || part == "." || part == "..") return false;
    start = end + 1;
  }
  return true;
}

std::string stage_key(std::string_view kind, int64_t version, const Json& settings,
                      const std::vector<ArtifactInput>& inputs) {
  Json list = Json::array();
  for (const ArtifactInput& input : inputs) list.push_back({input.role, input.content});
  return sha256(canonical_json(Json::array({kind, version, settings, list})));
}

std::string stage_key(const Artifact& artifact) {
  return stage_key(artifact.kind, artifact.manifest.at("stage_version").get<int64_t>(), artifact.settings(),
                   artifact.inputs());
}

std::string content_digest(std::vector<ArtifactFile> files) {
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  Json list = Json::array();
  for (const ArtifactFile& file : files) {
    if (!file.record) list.push_back({file.path, file.sha256});
  }
  return sha256(canonical_json(list));
}

std::string artifact_id(std::string_view kind, std::string_view key, std::string_view content) {
  return fmt::format("{}-{}", kind, sha256(canonical_json(Json::array({key, content}))).substr(0, kIdDigits));
}

Json seal_manifest(Json manifest) {
  manifest.erase("digest");
  const std::string canonical = canonical_json(manifest);
  manifest = Json::parse(canonical);  // what a reader will see: replaced text, NaN as null
  manifest["digest"] = sha256(canonical);
  return manifest;
}

Result<Json> parse_manifest(std::string_view text, std::string_view where) {
  const Reader reader(where);
  if (text.size() > kMaxManifest) return reader.wrong("{} bytes are too many", text.size());
  PERSEA_TRY(Json manifest, parse_json(text, where));
  PERSEA_CHECK(check_members(reader, manifest));
  const std::string digest = manifest.at("digest");
  if (seal_manifest(manifest).at("digest") != digest) return reader.wrong("it was altered: its digest does not fit");
  const Artifact artifact{manifest.at("id"), manifest.at("kind"), {}, std::move(manifest)};
  if (content_digest(artifact.files()) != artifact.content()) return reader.wrong("\"content\" does not fit the files");
  if (artifact_id(artifact.kind, stage_key(artifact), artifact.content()) != artifact.id) {
    return reader.wrong("\"id\" does not fit what it was made from");
  }
  return artifact.manifest;
}

Result<Artifact> read_artifact(const fs::path& directory) {
  const fs::path path = directory / "manifest.json";
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) {
    const bool missing = error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
    return fail("{}: {}", path.string(), missing ? "missing: the artifact is damaged" : error.message());
  }
  if (size > kMaxManifest) return fail("{}: damaged manifest: {} bytes are too many", path.string(), size);
  PERSEA_TRY(const std::string text, read_file(path));
  PERSEA_TRY(Json manifest, parse_manifest(text, path.string()));
  const std::string id = manifest.at("id");
  if (id != directory.filename().string()) {
    return fail("{}: it is the manifest of {}: the folder was renamed", path.string(), id);
  }
  return Artifact{id, manifest.at("kind"), directory, std::move(manifest)};
}

}  // namespace persea
