// Any bytes as a recipe, and as a --set: a recipe whose values are in their ranges, or one line that says what is
// wrong.
#include <string_view>

#include "train/recipe.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto recipe = persea::Recipe::parse(text, "input");
  if (!recipe && recipe.error().message.find('\n') != std::string::npos) __builtin_trap();
  if (recipe) {
    (void)recipe->check();
    (void)recipe->stage("pretrain");
  }
  persea::Recipe defaults;
  (void)defaults.set(text);
  for (const persea::Setting& setting : defaults.settings()) {
    if (const auto* const* number = std::get_if<double*>(&setting.slot);
        number && !(**number >= setting.least && **number <= setting.most)) {
      __builtin_trap();
    }
  }
  return 0;
}
