// An artifact: an immutable directory of files with a manifest.json that says what it is, what it was made from, with
// which settings, at what cost, and the SHA-256 of every file. Here it is read; Lab::run (lab.h) makes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace persea {

namespace fs = std::filesystem;

struct ArtifactInput {
  std::string role;     // what it was to the stage: "corpus", "tokenizer"
  std::string id;       // the artifact's id
  std::string content;  // and its content
};

struct ArtifactFile {
  std::string path;  // relative to the artifact, with '/'
  int64_t bytes = 0;
  std::string sha256;
  bool record = false;  // its bytes depend on the clock: verified, but no part of the content
};

struct Artifact {
  std::string id;    // KIND-0123456789
  std::string kind;  // "corpus", "tokenizer", "model"
  fs::path path;     // the directory
  Json manifest;     // checked by parse_manifest: every member is there and of its type

  fs::path file(std::string_view name) const { return path / name; }
  const Json& settings() const { return manifest.at("settings"); }
  const Json& facts() const { return manifest.at("facts"); }
  const Json& cost() const { return manifest.at("cost"); }
  std::string content() const { return manifest.at("content"); }
  std::string created() const { return manifest.at("created"); }  // 2026-11-22T03:48:46.123Z
  std::vector<ArtifactInput> inputs() const;
  std::vector<ArtifactFile> files() const;
  int64_t bytes() const;  // of all files
};

}  // namespace persea
