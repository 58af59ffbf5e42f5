// A chat template of any content: it is an error or renders, or fails in words, within its limits. Behind a zero byte
// the input has the template's variables.
#include <cstdlib>

#include "text/jinja.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view source = input.substr(0, input.find('\0'));
  const auto chat_template = persea::ChatTemplate::parse(source, "input");
  persea::TemplateVariables variables;
  (void)variables.add(source.size() < size ? input.substr(source.size() + 1)
                                           : R"({"messages": [{"role": "user", "content": "Hi\u00e9"}], "tools": null,
                                               "add_generation_prompt": true, "bos_token": "<s>"})",
                      "variables");
  if (!chat_template) {
    if (chat_template.error().message.empty()) std::abort();
    return 0;
  }
  const auto rendered = chat_template->render(variables, 1700000000);
  if (!rendered && rendered.error().message.empty()) std::abort();
  if (rendered && rendered->size() > persea::ChatTemplate::kMaxOutput) std::abort();
  return 0;
}
