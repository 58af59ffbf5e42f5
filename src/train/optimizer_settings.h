// What a recipe says to the optimizer and to the products.
#pragma once

#include "nn/optimizer.h"
#include "train/recipe.h"

namespace persea {

OptimizerSettings optimizer_settings(const PretrainRecipe& recipe);
kernels::Precision precision_of(const PretrainRecipe& recipe);

}  // namespace persea
