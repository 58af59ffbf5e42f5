// How models write that they call tools: the marks of each format, and where a JSON value in a text ends. It reads no
// call and keeps nothing.
#pragma once

#include <cstddef>
#include <string_view>

namespace persea {

// How a model writes that it calls a tool.
enum class CallFormat {
  tagged,         // <tool_call>{"name": ..., "arguments": {...}}</tool_call>, as Hermes, Qwen and the lab's models do
  bare,           // the whole reply, or what follows <|python_tag|>, is {"name": ..., "parameters": {...}}: Llama 3
  mistral_list,   // [TOOL_CALLS][{"name": ..., "arguments": {...}}, ...]
  mistral_named,  // [TOOL_CALLS]NAME[ARGS]{...}, again for each call
};

inline constexpr std::string_view kCallOpen = "<tool_call>", kCallClose = "</tool_call>";
inline constexpr std::string_view kPythonTag = "<|python_tag|>";
inline constexpr std::string_view kMistralCalls = "[TOOL_CALLS]", kMistralArguments = "[ARGS]";
inline constexpr size_t kMistralIdSize = 9;  // letters and digits of a call's id: its templates take no others

constexpr bool is_mistral(CallFormat format) {
  return format == CallFormat::mistral_list || format == CallFormat::mistral_named;
}

// What stands before a call, so that in text it begins one.
constexpr std::string_view call_mark(CallFormat format) {
  return format == CallFormat::tagged ? kCallOpen : format == CallFormat::bare ? kPythonTag : kMistralCalls;
}

// The format of calls of a model whose chat template is `source`; tagged where it says nothing of tools.
CallFormat call_format_of(std::string_view source);

// An object or a list that begins at `at`, by its brackets: what is between them need not be JSON.
struct JsonExtent {
  enum class Is { none, unfinished, whole } is = Is::none;
  size_t end = 0;  // of a whole one: behind it
};
JsonExtent json_extent(std::string_view text, size_t at);

}  // namespace persea
