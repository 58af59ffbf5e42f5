// What the readers of formats share: the part of one file that each format's reader is (FormatReader), and what all of
// them know of the reading they belong to. Private to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "read/byte_source.h"
#include "read/item.h"
#include "read/item_reader.h"

namespace persea::read {

constexpr size_t kHead = 1 << 18;         // bytes at the beginning of a file by which it is told what it is
constexpr int kNesting = 3;               // archives within archives
constexpr size_t kWorthLength = 1 << 20;  // what is larger is not kept whole where a part of it would do
constexpr size_t kPadding = 64;           // spare room behind an item's bytes, as simdjson wants it

// One file as it is being read.
struct Reading {
  ReadLimits limits;
  std::vector<Skipped> skipped;
  int64_t not_listed = 0;  // skipped since, beyond what is kept in memory at a time
  std::string problem;
  int64_t packed = 0, unpacked = 0;  // bytes of the file itself, and bytes that its layers of packing made of them

  void skip(std::string place, std::string reason);
  // Whether so much came out of so little that the file must be made to fill memory or time.
  bool bomb() const { return unpacked > (int64_t{1} << 28) && unpacked / 1000 > packed; }
};

// Where a part of a file lies.
struct Part {
  Reading* reading;
  std::string name;   // as people know it: the file's or the member's; decides where the bytes do not
  std::string place;  // within the file: "" for the file itself, "a/b.zip: c.txt"
  int depth = 0;      // so many archives around it
  std::string address = {}, charset = {};

  std::string within(std::string_view what) const {
    return place.empty() ? std::string(what) : place + ": " + std::string(what);
  }
  // "The whole of this is not read, since it ...".
  void skip(std::string reason) const { reading->skip(place, std::move(reason)); }
};

class FormatReader {
 public:
  FormatReader() = default;
  FormatReader(const FormatReader&) = delete;
  FormatReader& operator=(const FormatReader&) = delete;
  virtual ~FormatReader() = default;
  // As ItemReader's.
  virtual bool next(Item& item) = 0;
};

// The reader for whatever `source` holds; null where nothing of it can be read, which was noted then.
std::unique_ptr<FormatReader> open_part(std::unique_ptr<ByteSource> source, Part part);

}  // namespace persea::read
