// safetensors: named tensors in one file, no code. An 8-byte little-endian header length, a JSON header that gives each
// tensor's dtype, shape and place, and the elements. Read through a map of the file; the header is believed in nothing
// that is not checked. It refuses to know what a model is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "tensor/tensor.h"

namespace persea {

class Safetensors {
 public:
  struct Entry {
    std::string dtype;  // as the file spells it: "F32", "BF16", "I64", ...
    Shape shape;
    uint64_t begin = 0, end = 0;  // within the elements
  };

  // Checks all of the header: its size, that it is a JSON object without duplicate keys, each tensor's dtype, shape and
  // size, and that the tensors cover the rest of the file without holes or overlap.
  static Result<Safetensors> open(const std::filesystem::path& path);
  // The same on bytes in memory, which must outlive the result; `where` stands in messages.
  static Result<Safetensors> parse(std::span<const std::byte> bytes, std::string_view where);

  const std::map<std::string, Entry>& entries() const { return entries_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::string& where() const { return where_; }

  // The elements of `name`, F32, F16 or BF16 in the file, as f32 into `out`, which has `shape`'s count. Fails where the
  // tensor is missing, has another shape, or another type.
  Status read(const std::string& name, const Shape& shape, std::span<float> out) const;

 private:
  std::string where_;
  MappedFile file_;
  std::span<const std::byte> data_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> metadata_;
};

// Writes f32 tensors, sorted by name, beside `path` and then renames: `path` is whole or as it was. Equal tensors give
// equal bytes.
Status write_safetensors(const std::filesystem::path& path, std::vector<std::pair<std::string, Tensor>> tensors,
                         const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

}  // namespace persea
