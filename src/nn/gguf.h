// GGUF: metadata and named tensors, plain or in quantized blocks, in one file or several. Read through maps of the
// files; nothing in them is believed that is not checked. It refuses to know what a model is, and reads no big-endian
// files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/result.h"
#include "nn/gguf_blocks.h"
#include "tensor/tensor.h"

namespace persea {

class Gguf {
 public:
  struct Entry {
    BlockType type;
    Shape shape;                  // as ours: the contiguous axis last
    uint64_t begin = 0, end = 0;  // within the elements of its file
    size_t part = 0;              // which file
  };

  // Checks all of the header: its size, every value's and tensor's, that no key or name stands twice, and that each
  // tensor lies aligned within the file.
  // Of NAME-00001-of-0000N.gguf, whose metadata names N, the other parts too.
  static Result<Gguf> open(const std::filesystem::path& path);
  // The same on bytes in memory, which must outlive the result; `where` stands in messages.
  static Result<Gguf> parse(std::span<const std::byte> bytes, std::string_view where);

  // Numbers, booleans, texts (any bytes) and lists of them, under their keys.
  const std::map<std::string, Json>& metadata() const { return metadata_; }
  const std::map<std::string, Entry>& entries() const { return entries_; }
  const std::string& where() const { return where_; }
  // All that were opened, in their order.
  const std::vector<std::filesystem::path>& files() const { return paths_; }

  // The elements of `name` as f32 into `out`, which has `shape`'s count. Fails where the tensor is missing or has
  // another shape.
  Status read(const std::string& name, const Shape& shape, std::span<float> out) const;

 private:
  int64_t number(const char* key, int64_t missing) const;  // of the metadata
  std::string where_;
  std::vector<std::filesystem::path> paths_;
  std::vector<MappedFile> files_;
  std::vector<std::span<const std::byte>> data_;  // the elements of each
  std::map<std::string, Json> metadata_;
  std::map<std::string, Entry> entries_;
};

}  // namespace persea
