// Tells calls of tools from text in what a model writes, piece by piece: text is shown as soon as it cannot be the
// beginning of a call, a call once it is whole. What looks like a call and is none is text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/chat_prompt.h"
#include "serve/conversation.h"

namespace persea {

class ToolCallReader {
 public:
  // Calls of other functions than those of `tools` are text.
  ToolCallReader(CallFormat format, const std::vector<Tool>& tools);

  struct Found {
    std::string text;  // in front of the calls, or between them
    std::vector<ToolCall> calls;
  };
  Found feed(std::string_view piece);
  Found finish();
  size_t calls() const { return calls_; }  // so far

 private:
  bool take_call(std::string_view json, Found& found);
  void show(std::string_view text, Found& found);

  const CallFormat format_;
  std::vector<std::string> names_;
  std::string held_;
  bool begun_ = false;  // bare: text came first, so the reply is no call
  size_t calls_ = 0;
};

}  // namespace persea
