// The items of a file of any format, one after the other, with memory that is bounded whatever the file's size. What a
// file is follows from its first bytes, and from its name where these do not tell; packed files and archives are
// opened up. What is broken is passed over with a reason, never in silence. It makes no text of anything: decode()
// does.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "read/item.h"

namespace persea::read {

struct ReadLimits {
  int64_t item_bytes = 1 << 26;      // a longer line, page, member or message is left out; plain text is cut instead
  int64_t document_bytes = 1 << 18;  // a longer plain text is cut: at a paragraph where there is one
  bool keep_quotes = false;          // what mail quotes of other mail stays
};

class ByteSource;  // byte_source.h

class ItemReader {
 public:
  // `name` is the file's as people know it, and decides where the bytes do not. Fails where it cannot be opened.
  static Result<ItemReader> open(const fs::path& path, std::string_view name, const ReadLimits& limits);
  // The same over bytes that are no file.
  static ItemReader over(std::unique_ptr<ByteSource> source, std::string_view name, const ReadLimits& limits);
  ItemReader(ItemReader&&) noexcept;
  ItemReader& operator=(ItemReader&&) noexcept;
  ~ItemReader();

  // The next item; false where there is none. What was passed over on the way is appended to skipped().
  bool next(Item& item);
  // What was passed over since this was last called. A whole file that is not text has one entry with place "".
  std::vector<Skipped> take_skipped();
  // Why reading ended early ("is truncated: ..."); "" where the whole file was read.
  const std::string& problem() const;

 private:
  struct State;
  explicit ItemReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace persea::read
