// How far a JSON value reaches, without understanding it: brackets are counted outside of strings. It goes on where it
// stopped when more bytes come.
#pragma once

#include <cstddef>
#include <string_view>

namespace persea::read {

class JsonSpan {
 public:
  // The length of the value that `text` begins with; 0 where it does not end in `text`. Called again, `text` must be
  // the same with more behind it. A number or word ends at what follows it, or with `last`.
  size_t length(std::string_view text, bool last);

 private:
  size_t at_ = 0;
  int64_t depth_ = 0;
  bool in_string_ = false;
};

}  // namespace persea::read
