#include "serve/tool_calls.h"

#include <algorithm>

#include "http/request_id.h"
#include "serve/call_text.h"

namespace persea {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// How much of the end of `text` begins `mark`.
size_t overlap(std::string_view text, std::string_view mark) {
  for (size_t size = std::min(text.size(), mark.size() - 1); size > 0; --size) {
    if (text.ends_with(mark.substr(0, size))) return size;
  }
  return 0;
}

// The same with the white space in front of it, which is no text where a call follows.
size_t held_back(std::string_view text, std::string_view mark) {
  size_t keep = overlap(text, mark);
  while (keep < text.size() && kSpace.find(text[text.size() - keep - 1]) != kSpace.npos) ++keep;
  return keep;
}

size_t skip_space(std::string_view text, size_t at) {
  return std::min(text.find_first_not_of(kSpace, at), text.size());
}

std::string new_id(CallFormat format) {
  const std::string random = http::request_id().substr(4);
  return is_mistral(format) ? random.substr(0, kMistralIdSize) : "call_" + random;
}

}  // namespace

ToolCallReader::ToolCallReader(CallFormat format, const std::vector<Tool>& tools) : format_(format) {
  for (const Tool& tool : tools) names_.push_back(tool.name);
}

bool ToolCallReader::take_call(std::string_view json, Found& found) {
  const auto call = parse_ordered(json);
  return call && take_call(*call, found);
}

bool ToolCallReader::take_call(const OrderedJson& call, Found& found) {
  if (!call.is_object() || !call.contains("name") || !call.at("name").is_string()) return false;
  OrderedJson arguments = OrderedJson::object();
  for (const char* key : {"arguments", "parameters"}) {
    if (call.contains(key)) arguments = call.at(key);
  }
  return take_call(call.at("name").get<std::string>(), std::move(arguments), found);
}

bool ToolCallReader::take_call(const std::string& name, OrderedJson arguments, Found& found) {
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) return false;
  if (arguments.is_string()) {  // some models write the object's text
    if (const auto parsed = parse_ordered(arguments.get<std::string>())) arguments = *parsed;
  }
  if (!arguments.is_object()) return false;
  found.calls.push_back({new_id(format_), name, arguments.dump(-1, ' ', false, OrderedJson::error_handler_t::replace)});
  return true;
}

// Objects one behind the other, parted by semicolons or white space: all of them calls.
bool ToolCallReader::take_series(std::string_view text, Found& found) {
  Found all;
  for (size_t at = skip_space(text, 0); at < text.size();) {
    const JsonExtent extent = json_extent(text, at);
    if (extent.is != JsonExtent::Is::whole || !take_call(text.substr(at, extent.end - at), all)) return false;
    at = skip_space(text, extent.end);
    if (at < text.size() && text[at] == ';') at = skip_space(text, at + 1);
  }
  std::move(all.calls.begin(), all.calls.end(), std::back_inserter(found.calls));
  return !all.calls.empty();
}

void ToolCallReader::show(std::string_view text, Found& found) {
  // White space between calls is no text.
  if (calls_ + found.calls.size() > 0 && text.find_first_not_of(kSpace) == text.npos) return;
  found.text += text;
}

// In front of a call white space is no text either.
void ToolCallReader::show_trimmed(std::string_view text, Found& found) {
  show(text.substr(0, text.find_last_not_of(kSpace) + 1), found);
}

ToolCallReader::Found ToolCallReader::feed(std::string_view piece) {
  Found found;
  held_ += piece;
  if (format_ == CallFormat::bare) {
    feed_bare(found);
  } else {
    feed_marked(found);
  }
  calls_ += found.calls.size();
  return found;
}

// The whole reply, or what follows the mark: nothing is known before the end.
void ToolCallReader::feed_bare(Found& found) {
  if (marked_) return;
  const size_t mark = held_.find(kPythonTag);
  if (mark != held_.npos) {
    show_trimmed(std::string_view(held_).substr(0, mark), found);
    held_.erase(0, mark + kPythonTag.size());
    marked_ = true;
    return;
  }
  const size_t first = skip_space(held_, 0);
  if (!begun_ && (first == held_.size() || held_[first] == '{')) return;
  begun_ = begun_ || overlap(held_, kPythonTag) < held_.size() - first;
  if (!begun_) return;
  const size_t keep = held_back(held_, kPythonTag);
  found.text = held_.substr(0, held_.size() - keep);
  held_.erase(0, held_.size() - keep);
}

void ToolCallReader::feed_marked(Found& found) {
  const std::string_view open = call_mark(format_);
  while (true) {
    const size_t mark = held_.find(open);
    if (mark == held_.npos) {
      const size_t keep = held_back(held_, open);
      show(std::string_view(held_).substr(0, held_.size() - keep), found);
      held_.erase(0, held_.size() - keep);
      return;
    }
    const std::string_view before = std::string_view(held_).substr(0, mark);
    const std::string_view behind = std::string_view(held_).substr(mark + open.size());
    Found read;
    const Marked marked = format_ == CallFormat::tagged ? take_tagged(behind, read) : take_listed(behind, read);
    if (marked.is == Marked::Is::unfinished) {
      show_trimmed(before, found);
      held_.erase(0, mark);
      return;
    }
    const size_t end = mark + open.size() + marked.end;
    if (marked.is == Marked::Is::calls) {
      show_trimmed(before, found);
      std::move(read.calls.begin(), read.calls.end(), std::back_inserter(found.calls));
    } else {
      show(std::string_view(held_).substr(0, end), found);
    }
    held_.erase(0, end);
  }
}

ToolCallReader::Marked ToolCallReader::take_tagged(std::string_view text, Found& found) {
  const size_t close = text.find(kCallClose);
  if (close == text.npos) return {};
  const bool call = take_call(text.substr(0, close), found);
  return {call ? Marked::Is::calls : Marked::Is::text, close + kCallClose.size()};
}

// A list of calls, or one that is not in a list.
ToolCallReader::Marked ToolCallReader::take_listed(std::string_view text, Found& found) {
  const size_t begin = skip_space(text, 0);
  if (begin == text.size()) return {};
  if (text[begin] != '[' && text[begin] != '{') return take_named(text, found);
  const JsonExtent extent = json_extent(text, begin);
  if (extent.is == JsonExtent::Is::unfinished) return {};
  if (extent.is == JsonExtent::Is::none) return {Marked::Is::text, 0};
  const auto list = parse_ordered(text.substr(begin, extent.end - begin));
  bool calls = list && !list->empty();
  if (calls && list->is_array()) {
    for (const OrderedJson& call : *list) calls = calls && take_call(call, found);
  } else if (calls) {
    calls = take_call(*list, found);
  }
  return {calls ? Marked::Is::calls : Marked::Is::text, extent.end};
}

// NAME[ARGS]{...}, perhaps with [CALL_ID]ID in between.
ToolCallReader::Marked ToolCallReader::take_named(std::string_view text, Found& found) {
  constexpr size_t kLongestHead = 256;  // to the arguments
  const Marked none{Marked::Is::text, 0};
  const size_t begin = skip_space(text, 0), arguments = text.find('{', begin);
  if (arguments == text.npos) return text.size() - begin > kLongestHead ? none : Marked{};
  std::string_view head = text.substr(begin, arguments - begin);
  if (head.size() > kLongestHead) return none;
  head = head.substr(0, head.find('['));
  head = head.substr(0, head.find_last_not_of(kSpace) + 1);
  const JsonExtent extent = json_extent(text, arguments);
  if (extent.is == JsonExtent::Is::unfinished) return {};
  if (extent.is == JsonExtent::Is::none) return none;
  const auto parsed = parse_ordered(text.substr(arguments, extent.end - arguments));
  const bool call = parsed && take_call(std::string(head), *parsed, found);
  return {call ? Marked::Is::calls : Marked::Is::text, extent.end};
}

ToolCallReader::Found ToolCallReader::finish() {
  Found found;
  const std::string rest = std::exchange(held_, {});
  const std::string_view mark = call_mark(format_);
  // A call at the very end may lack its closing tag: some models stop there.
  const bool open = format_ == CallFormat::tagged && rest.starts_with(mark);
  const bool bare = format_ == CallFormat::bare && (!begun_ || marked_);
  const bool calls =
      (open && take_call(std::string_view(rest).substr(mark.size()), found)) || (bare && take_series(rest, found));
  if (!calls) show(rest, found);
  calls_ += found.calls.size();
  return found;
}

}  // namespace persea
