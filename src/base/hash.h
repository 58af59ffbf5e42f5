// SHA-256 (OpenSSL), for digests of artifacts, and a fast 64-bit hash for tables. Neither is a password hash.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace persea {

class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  ~Sha256();
  void update(std::string_view bytes);
  void update(std::span<const std::byte> bytes);
  std::string hex();  // ends the computation: 64 lower-case hex digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256(std::string_view bytes);
Result<std::string> sha256_file(const std::filesystem::path& path);

// wyhash-like mixing; stable across machines and versions: data order and splits may depend on it.
uint64_t hash64(std::string_view bytes, uint64_t seed = 0);

}  // namespace persea
