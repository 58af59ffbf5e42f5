#include "read/window.h"

#include <algorithm>
#include <cstring>

namespace persea::read {
namespace {
constexpr size_t kBlock = 1 << 18;
}

bool Window::fill(size_t size) {
  while (end_ - begin_ < size && !ended_) {
    if (begin_ + size + kBlock > capacity_ || begin_ == end_) {  // room: to the front, or in a larger place
      const size_t left = end_ - begin_;
      const size_t wanted = std::max(size, left) + kBlock;
      if (wanted > capacity_) {
        const size_t grown = std::max(wanted, std::min(2 * capacity_, wanted + (size_t{1} << 24)));
        std::unique_ptr<char[]> larger(new char[grown]);  // left as it is: to write zeroes first would cost as much
        if (left > 0) std::memcpy(larger.get(), bytes_.get() + begin_, left);
        bytes_ = std::move(larger);
        capacity_ = grown;
      } else if (left > 0) {
        std::memmove(bytes_.get(), bytes_.get() + begin_, left);
      }
      begin_ = 0;
      end_ = left;
    }
    const size_t room = std::min(capacity_ - end_, std::max(kBlock, size - (end_ - begin_)));
    const size_t n = source_->read({bytes_.get() + end_, room});
    end_ += n;
    ended_ = n < room;
  }
  return end_ - begin_ >= size;
}

size_t Window::find(char mark, size_t from, size_t limit) {
  for (;;) {
    const std::string_view all = view();
    if (from < all.size()) {
      const void* at = std::memchr(all.data() + from, mark, all.size() - from);
      if (at != nullptr) return static_cast<size_t>(static_cast<const char*>(at) - all.data());
      from = all.size();
    }
    if (all.size() > limit || !more()) return std::string_view::npos;
  }
}

LineReader::Got LineReader::next(std::string_view& line) {
  window_.skip(used_);
  used_ = 0;
  ++number_;
  size_t end = window_.find('\n', 0, limit_);
  if (end == std::string_view::npos) {
    if (window_.view().size() <= limit_) {  // the last line
      if (window_.view().empty()) return Got::end;
      line = window_.view();
      used_ = line.size();
      return Got::line;
    }
    while (end == std::string_view::npos) {
      const size_t passed = window_.view().size();
      window_.skip(passed);
      if (!window_.more()) return Got::too_long;
      end = window_.find('\n', 0, 0);
    }
    window_.skip(end + 1);
    return Got::too_long;
  }
  used_ = end + 1;
  if (end > limit_) return Got::too_long;
  if (end > 0 && window_.view()[end - 1] == '\r') --end;
  line = window_.view().substr(0, end);
  return Got::line;
}

}  // namespace persea::read
