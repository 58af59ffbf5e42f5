// What the verbs that take a recipe share: its file and the overrides.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "train/recipe.h"

namespace persea {

struct RecipeOptions {
  std::string file, text;
  std::vector<std::string> set;
  std::string device = "cpu";
  int64_t memory_mb = 0;

  // The recipe with its overrides, checked.
  Result<Recipe> load() const;
};

std::shared_ptr<RecipeOptions> add_recipe_options(CLI::App& verb);

// --memory-mb, of the verbs that train or foretell it.
void add_memory_option(CLI::App& verb, RecipeOptions& options);

}  // namespace persea
