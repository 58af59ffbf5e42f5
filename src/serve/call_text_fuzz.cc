// What a model writes, read for calls of tools in each format: in pieces of any size, nothing of it is lost, and each
// call is one of the tools with an object of arguments.
#include <cstdint>
#include <cstdlib>

#include "serve/tool_calls.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using persea::CallFormat;
  if (size < 2) return 0;
  constexpr CallFormat kFormats[] = {CallFormat::tagged, CallFormat::bare, CallFormat::mistral_list,
                                     CallFormat::mistral_named};
  const CallFormat format = kFormats[data[0] % 4];
  const size_t step = 1 + data[1] % 16;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  persea::ToolCallReader reader(format, {{.name = "f"}, {.name = "g"}});
  size_t shown = 0, calls = 0;
  const auto take = [&](const persea::ToolCallReader::Found& found) {
    shown += found.text.size();
    calls += found.calls.size();
    for (const persea::ToolCall& call : found.calls) {
      const auto arguments = persea::parse_ordered(call.arguments);
      if ((call.name != "f" && call.name != "g") || !arguments || !arguments->is_object()) std::abort();
    }
  };
  for (size_t at = 0; at < text.size(); at += step) take(reader.feed(text.substr(at, step)));
  take(reader.finish());
  if (calls != reader.calls() || shown > text.size()) std::abort();
  if (calls == 0 && shown != text.size() && text.find(persea::kPythonTag) == text.npos &&
      text.find(persea::call_mark(format)) == text.npos) {
    std::abort();
  }
  return 0;
}
