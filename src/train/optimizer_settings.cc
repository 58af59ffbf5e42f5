#include "train/optimizer_settings.h"

namespace persea {

kernels::Precision precision_of(const PretrainRecipe& recipe) { return kernels::precision_from(recipe.precision); }

OptimizerSettings optimizer_settings(const PretrainRecipe& recipe) {
  OptimizerSettings settings;
  settings.kind = recipe.optimizer == "muon" ? OptimizerSettings::Kind::muon : OptimizerSettings::Kind::adamw;
  settings.lr = recipe.lr;
  settings.muon_lr = recipe.muon_lr;
  settings.beta1 = recipe.beta1;
  settings.beta2 = recipe.beta2;
  settings.eps = recipe.eps;
  settings.weight_decay = recipe.weight_decay;
  settings.precision = precision_of(recipe);
  return settings;
}

}  // namespace persea
