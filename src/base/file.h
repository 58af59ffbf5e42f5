// Files: reading whole and mapped, and writing so that a kill or a full disk at any instant leaves the old content or
// the new, never a part. It refuses to know what is in them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace persea {

namespace fs = std::filesystem;

Result<std::string> read_file(const fs::path& path);

// Writes `path` atomically: a temporary file beside it, fsync, rename, fsync of the directory.
Status write_file(const fs::path& path, std::string_view bytes);

// Gives a finished file its name, in place of another, durably.
Status rename_file(const fs::path& from, const fs::path& to);

// fsync of a file or directory by name.
Status sync_path(const fs::path& path);

// A file mapped for reading. Copies share the mapping. An empty file maps to an empty span.
class MappedFile {
 public:
  static Result<MappedFile> open(const fs::path& path);
  std::span<const std::byte> bytes() const;
  std::string_view text() const;
  // Its pages need no memory until they are read again.
  void release() const;

 private:
  struct Mapping;
  std::shared_ptr<const Mapping> mapping_;
};

// A file written front to back through a buffer; errors (a full disk) come back from every call and stick.
// finish() makes it durable; a writer destroyed before that removes its file.
class FileWriter {
 public:
  static Result<FileWriter> create(const fs::path& path);
  FileWriter(FileWriter&&) noexcept;
  FileWriter& operator=(FileWriter&&) noexcept;
  ~FileWriter();
  Status write(std::string_view bytes);
  Status write(std::span<const std::byte> bytes);
  uint64_t size() const;  // bytes written so far
  Status finish();        // flush, fsync, close

 private:
  struct State;
  explicit FileWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A new directory under `parent` ("PREFIX.XXXXXX"), removed with its content on destruction unless released.
class TempDir {
 public:
  static Result<TempDir> create(const fs::path& parent, std::string_view prefix);
  TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TempDir& operator=(TempDir&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~TempDir();
  const fs::path& path() const { return path_; }
  fs::path release() { return std::exchange(path_, {}); }

 private:
  explicit TempDir(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

}  // namespace persea
