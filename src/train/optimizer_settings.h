// What a recipe says to the optimizer and to the products.
#pragma once

#include "nn/optimizer.h"
#include "train/recipe.h"

namespace persea {

OptimizerSettings optimizer_settings(const Recipe& recipe);
kernels::Precision precision_of(const Recipe& recipe);

}  // namespace persea
