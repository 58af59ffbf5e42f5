#include "cli/recipe_options.h"

#include "kernels/device_choice.h"

namespace persea {

Result<Recipe> RecipeOptions::load() const {
  PERSEA_TRY(Recipe recipe, Recipe::load(file));
  if (!text.empty()) recipe.use_text(text);
  for (const std::string& assignment : set) PERSEA_CHECK(recipe.set(assignment));
  if (const Status status = recipe.check(); !status) return fail("{}: {}", file, status.error().message);
  PERSEA_TRY(recipe.device, kernels::device_from(device));
  return recipe;
}

std::shared_ptr<RecipeOptions> add_recipe_options(CLI::App& verb) {
  auto options = std::make_shared<RecipeOptions>();
  verb.add_option("RECIPE", options->file, "A recipe (TOML)")->required();
  verb.add_option("--text", options->text, "A file or folder of text to learn from");
  verb.add_option("--set", options->set, "Another value for a setting: STAGE.KEY=VALUE")->allow_extra_args(false);
  return options;
}

}  // namespace persea
