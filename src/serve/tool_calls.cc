#include "serve/tool_calls.h"

#include <algorithm>

#include "http/request_id.h"

namespace persea {
namespace {

constexpr std::string_view kOpen = "<tool_call>", kClose = "</tool_call>", kSpace = " \t\r\n";

// How much of the end of `text` begins `mark`.
size_t overlap(std::string_view text, std::string_view mark) {
  for (size_t size = std::min(text.size(), mark.size() - 1); size > 0; --size) {
    if (text.ends_with(mark.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

ToolCallReader::ToolCallReader(CallFormat format, const std::vector<Tool>& tools) : format_(format) {
  for (const Tool& tool : tools) names_.push_back(tool.name);
}

bool ToolCallReader::take_call(std::string_view json, Found& found) {
  const auto call = parse_ordered(json);
  if (!call || !call->is_object() || !call->contains("name") || !call->at("name").is_string()) return false;
  const std::string name = call->at("name");
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) return false;
  OrderedJson arguments = OrderedJson::object();
  for (const char* key : {"arguments", "parameters"}) {
    if (call->contains(key)) arguments = call->at(key);
  }
  if (arguments.is_string()) {  // some models write the object's text
    if (const auto parsed = parse_ordered(arguments.get<std::string>())) arguments = *parsed;
  }
  if (!arguments.is_object()) return false;
  found.calls.push_back({"call_" + http::request_id().substr(4), name,
                         arguments.dump(-1, ' ', false, OrderedJson::error_handler_t::replace)});
  ++calls_;
  return true;
}

void ToolCallReader::show(std::string_view text, Found& found) {
  // White space between calls is no text.
  if (calls_ > 0 && text.find_first_not_of(kSpace) == text.npos) return;
  found.text += text;
}

ToolCallReader::Found ToolCallReader::feed(std::string_view piece) {
  Found found;
  held_ += piece;
  if (format_ == CallFormat::bare) {
    const size_t first = held_.find_first_not_of(kSpace);
    if (!begun_ && (first == held_.npos || held_[first] == '{')) return found;
    begun_ = true;
    found.text = std::exchange(held_, {});
    return found;
  }
  while (true) {
    const size_t open = held_.find(kOpen);
    if (open == held_.npos) {
      size_t keep = overlap(held_, kOpen);
      // White space may stand before a call, where it is no text.
      while (keep < held_.size() && kSpace.find(held_[held_.size() - keep - 1]) != kSpace.npos) ++keep;
      show(std::string_view(held_).substr(0, held_.size() - keep), found);
      held_.erase(0, held_.size() - keep);
      return found;
    }
    const size_t close = held_.find(kClose, open);
    if (close == held_.npos) {
      std::string_view before = std::string_view(held_).substr(0, open);
      show(before.substr(0, before.find_last_not_of(kSpace) + 1), found);
      held_.erase(0, open);
      return found;
    }
    const std::string_view whole(held_);
    const size_t begin = open + kOpen.size(), end = close + kClose.size();
    const std::string_view before = whole.substr(0, open);
    Found call;
    if (take_call(whole.substr(begin, close - begin), call)) {
      show(before.substr(0, before.find_last_not_of(kSpace) + 1), found);
      found.calls.push_back(std::move(call.calls.front()));
    } else {
      show(whole.substr(0, end), found);
    }
    held_.erase(0, end);
  }
}

ToolCallReader::Found ToolCallReader::finish() {
  Found found;
  std::string_view rest(held_);
  const bool open = format_ == CallFormat::tagged && rest.starts_with(kOpen);
  // A call at the very end may lack its closing tag: some models stop there.
  if ((open && take_call(rest.substr(kOpen.size()), found)) ||
      (format_ == CallFormat::bare && !begun_ && take_call(rest, found))) {
    held_.clear();
    return found;
  }
  show(rest, found);
  held_.clear();
  return found;
}

}  // namespace persea
