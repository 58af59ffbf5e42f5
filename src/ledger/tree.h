// The files beneath a directory: listed without following links, hashed by all threads, made durable.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace persea {

struct TreeFile {
  std::string path;  // relative, with '/'
  int64_t bytes = 0;
  bool regular = true;  // no link, device, pipe or socket
};

struct Tree {
  std::vector<TreeFile> files;           // sorted by path; everything that is no directory
  std::vector<std::string> directories;  // beneath the root, deepest last
};

Result<Tree> list_tree(const std::filesystem::path& root);

// The SHA-256 of each of `files` (regular files of a tree), or the error of reading it; with `sync` each file is made
// durable as well. `progress` hears of bytes read, from one thread at a time.
std::vector<Result<std::string>> hash_files(const std::filesystem::path& root, const std::vector<TreeFile>& files,
                                            bool sync, const std::function<void(int64_t bytes)>& progress = {});

}  // namespace persea
