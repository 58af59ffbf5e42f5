// manifest.json: its digests, and the reader that trusts nothing it reads. The format is in docs/formats/manifest.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "ledger/artifact.h"

namespace persea {

// Whether `kind` may name a kind of artifacts: a lower-case letter, then up to 39 of a-z, 0-9, '_' and '-'.
bool valid_kind(std::string_view kind);

// Whether `path` may name a file of an artifact: relative, '/'-separated, UTF-8 without control characters, no empty,
// "." or
// ".." part, not "manifest.json", at most 1024 bytes.
bool valid_artifact_path(std::string_view path);

// What decides whether a stage has to be executed: SHA-256 of kind, version, settings and the roles and contents of
// inputs.
std::string stage_key(std::string_view kind, int64_t version, const Json& settings,
                      const std::vector<ArtifactInput>& inputs);

// SHA-256 over the sorted (path, sha256) of the files that are not records.
std::string content_digest(std::vector<ArtifactFile> files);

// KIND-<first 10 hex digits of SHA-256(key, content)>.
std::string artifact_id(std::string_view kind, std::string_view key, std::string_view content);

// Adds "digest": SHA-256 of the canonical form of everything else. Text that is no UTF-8 is replaced first.
Json seal_manifest(Json manifest);

// The text of a manifest.json as Json, checked whole: members and their types, file names that stay inside the
// directory, content and id as they follow from the rest, and the digest. `where` stands in the message.
Result<Json> parse_manifest(std::string_view text, std::string_view where);

// The artifact in `directory`; fails where the manifest is missing, damaged, or speaks of another id than the
// directory's name.
Result<Artifact> read_artifact(const fs::path& directory);

// The key of the stage that made it.
std::string stage_key(const Artifact& artifact);

}  // namespace persea
