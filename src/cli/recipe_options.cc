#include "cli/recipe_options.h"

#include "kernels/device_choice.h"

namespace persea {

Result<Recipe> RecipeOptions::load() const {
  PERSEA_TRY(Recipe recipe, Recipe::load(file));
  if (!text.empty()) recipe.use_text(text);
  for (const std::string& assignment : set) PERSEA_CHECK(recipe.set(assignment));
  if (const Status status = recipe.check(); !status) return fail("{}: {}", file, status.error().message);
  PERSEA_TRY(recipe.device, kernels::device_from(device));
  recipe.memory = memory_mb << 20;
  return recipe;
}

std::shared_ptr<RecipeOptions> add_recipe_options(CLI::App& verb) {
  auto options = std::make_shared<RecipeOptions>();
  verb.add_option("RECIPE", options->file, "A recipe (TOML)")->required();
  verb.add_option("--text", options->text, "A file or folder of text to learn from");
  verb.add_option("--set", options->set, "Another value for a setting: STAGE.KEY=VALUE")->allow_extra_args(false);
  return options;
}

void add_memory_option(CLI::App& verb, RecipeOptions& options) {
  verb.add_option(
          "--memory-mb", options.memory_mb,
          "What training may use of the machine's or GPU's memory (0: all). Where activations do not fit, layers "
          "are computed twice: the same model, more slowly")
      ->check(CLI::Range(0, 1 << 30));
}

}  // namespace persea
