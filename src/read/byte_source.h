// Bytes, front to back, wherever they come from: a file, memory, a packed stream in another one. It knows nothing of
// formats.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace persea::read {

class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;
  // Fills `out` as far as there are good bytes: fewer than its size only at the end, or where problem() then says what
  // is damaged.
  virtual size_t read(std::span<char> out) = 0;
  virtual const std::string& problem() const = 0;
  // How many bytes there are, and going to one of them; -1 and false where the source can only go forward.
  virtual int64_t size() const { return -1; }
  virtual bool seek(int64_t) { return false; }
};

// Fails where the file cannot be opened or is none.
Result<std::unique_ptr<ByteSource>> open_file_source(const fs::path& path);

// Bytes that the source keeps.
std::unique_ptr<ByteSource> memory_source(std::string bytes);

// `head`, which was the beginning of what `rest` had, and then the rest of it: how what was looked at is put back.
std::unique_ptr<ByteSource> joined_source(std::string head, std::unique_ptr<ByteSource> rest);

// All of it; an error where that is more than `limit` bytes or damaged.
Result<std::string> read_all(ByteSource& source, int64_t limit);

}  // namespace persea::read
