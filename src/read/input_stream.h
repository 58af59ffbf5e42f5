// Bytes of a file, front to back, decompressed where it is gzip or zstd (told by its first bytes, not by its name).
// Memory is bounded whatever the file's size. It knows nothing of text.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace persea {

class InputStream {
 public:
  static Result<InputStream> open(const fs::path& path);
  InputStream(InputStream&&) noexcept;
  InputStream& operator=(InputStream&&) noexcept;
  ~InputStream();

  // Fills `out` as far as there are good bytes: fewer than its size only at the end, or where problem() then says what
  // is damaged.
  size_t read(std::span<char> out);
  const std::string& problem() const;

 private:
  struct State;
  explicit InputStream(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace persea
