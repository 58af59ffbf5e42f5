// Bytes of a file, front to back, decompressed where it is packed (told by its first bytes, not by its name). Memory is
// bounded whatever the file's size. It knows nothing of text.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "read/byte_source.h"

namespace persea {

class InputStream {
 public:
  static Result<InputStream> open(const fs::path& path);

  // Fills `out` as far as there are good bytes: fewer than its size only at the end, or where problem() then says what
  // is damaged.
  size_t read(std::span<char> out) { return source_->read(out); }
  const std::string& problem() const { return source_->problem(); }

 private:
  explicit InputStream(std::unique_ptr<read::ByteSource> source) : source_(std::move(source)) {}
  std::unique_ptr<read::ByteSource> source_;
};

}  // namespace persea
