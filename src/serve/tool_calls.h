// Tells calls of tools from text in what a model writes, piece by piece: text is shown as soon as it cannot be the
// beginning of a call, a call once it is whole. What looks like a call and is none is text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/call_text.h"
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
  // What stands behind a mark that begins calls: not yet whole, calls that end at `end`, or none.
  struct Marked {
    enum class Is { unfinished, calls, text } is = Is::unfinished;
    size_t end = 0;
  };
  void feed_bare(Found& found);
  void feed_marked(Found& found);
  Marked take_tagged(std::string_view text, Found& found);
  Marked take_listed(std::string_view text, Found& found);
  Marked take_named(std::string_view text, Found& found);
  bool take_call(std::string_view json, Found& found);
  bool take_call(const OrderedJson& call, Found& found);
  bool take_call(const std::string& name, OrderedJson arguments, Found& found);
  bool take_series(std::string_view text, Found& found);
  void show(std::string_view text, Found& found);
  void show_trimmed(std::string_view text, Found& found);

  const CallFormat format_;
  std::vector<std::string> names_;
  std::string held_;
  bool begun_ = false;   // bare: text came first, so the reply is no call
  bool marked_ = false;  // bare: the mark that calls follow has come
  size_t calls_ = 0;
};

}  // namespace persea
