// A log that another program, perhaps on another machine, writes to: what is new in it, each time one asks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace persea::slurm {

class LogTail {
 public:
  explicit LogTail(std::filesystem::path path) : path_(std::move(path)) {}

  // What was added since the last call, a mebibyte at most; "" where nothing was, or no file is there. A file that was
  // replaced or cut short is read from its beginning.
  Result<std::string> more();

 private:
  std::filesystem::path path_;
  uint64_t device_ = 0, inode_ = 0, offset_ = 0;
};

}  // namespace persea::slurm
