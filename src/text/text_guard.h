// Keeps text of strangers from speaking with a chat template's voice. A template is given guarded text: where the name
// of a special token stands in it, a mark (a noncharacter of Unicode) is put behind the name's first character, so that
// what is rendered holds only those names whole that the template wrote itself. encode() takes the marks out again. A
// template still sees nearly what was written: only such names are changed, and added tokens that are no control tokens
// (<think>, <tool_call>) are left alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/tokenizer.h"

namespace persea {

class TextGuard {
 public:
  explicit TextGuard(Tokenizer tokenizer);

  // Marks whole names, and at the end of the text beginnings of one, which what the template puts behind could
  // complete.
  std::string guard(std::string_view text) const;
  // The ids of a rendered template: special tokens where their names stand unmarked.
  void encode(std::string_view rendered, std::vector<int32_t>& out) const;

 private:
  Tokenizer tokenizer_;
  std::vector<std::string> names_;
};

}  // namespace persea
