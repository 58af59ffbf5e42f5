// A stretch of a source that is looked at before it is used up. It grows as far as it is asked to, and no further.
#pragma once

#include <memory>
#include <string_view>

#include "read/byte_source.h"

namespace persea::read {

class Window {
 public:
  explicit Window(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  // Sees to it that view() has at least `size` bytes, if the source has; false where it has not.
  bool fill(size_t size);
  // Adds at least a byte to view(); false at the end.
  bool more() { return fill(view().size() + 1); }
  void skip(size_t size) { begin_ += size; }  // size <= view().size()
  const std::string& problem() const { return source_->problem(); }

  // The first `mark` in view() from `from` on, reading more while there are no more than `limit` bytes before it; npos
  // where there is none. Takes what it has looked at into account when it is called again with a larger `from`.
  size_t find(char mark, size_t from, size_t limit);

 private:
  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0, begin_ = 0, end_ = 0;
  bool ended_ = false;
};

// One line at a time, without its end (\n, or \r\n).
class LineReader {
 public:
  LineReader(std::unique_ptr<ByteSource> source, size_t limit) : window_(std::move(source)), limit_(limit) {}
  enum class Got { line, too_long, end };
  // A view that holds until the next call. A line of more than the limit is passed over.
  Got next(std::string_view& line);
  int64_t number() const { return number_; }  // of the line that next() gave, from 1
  const std::string& problem() const { return window_.problem(); }

 private:
  Window window_;
  size_t limit_, used_ = 0;
  int64_t number_ = 0;
};

}  // namespace persea::read
