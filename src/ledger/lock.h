// Locks by name among all programs (and threads) of one lab: a byte of lab.lock, chosen by the name's hash, locked for
// an open file (fcntl OFD locks). They vanish with their holder however it ends, need no clean-up, and a name can be
// locked before there is a file of that name.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace persea {

class NameLock {
 public:
  // Nothing where somebody else holds the name.
  static Result<std::optional<NameLock>> try_acquire(const std::filesystem::path& file, std::string_view name);
  // Waits; a signal that is handled ends the waiting with an error.
  static Result<NameLock> acquire(const std::filesystem::path& file, std::string_view name);
  // Whether somebody holds the name, without taking it.
  static bool held(const std::filesystem::path& file, std::string_view name);

  NameLock(NameLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  NameLock& operator=(NameLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~NameLock();

 private:
  explicit NameLock(int fd) : fd_(fd) {}
  static Result<NameLock> open(const std::filesystem::path& file);
  int fd_ = -1;
};

}  // namespace persea
