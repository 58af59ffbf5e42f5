#include "train/optimizer_settings.h"

namespace persea {

kernels::Precision precision_of(const Recipe& recipe) {
  return kernels::precision_from(recipe.pretrain.precision, recipe.device);
}

OptimizerSettings optimizer_settings(const Recipe& recipe) {
  const PretrainRecipe& said = recipe.pretrain;
  OptimizerSettings settings;
  settings.kind = said.optimizer == "muon" ? OptimizerSettings::Kind::muon : OptimizerSettings::Kind::adamw;
  settings.lr = said.lr;
  settings.muon_lr = said.muon_lr;
  settings.beta1 = said.beta1;
  settings.beta2 = said.beta2;
  settings.eps = said.eps;
  settings.weight_decay = said.weight_decay;
  settings.precision = kernels::beside_linear(precision_of(recipe));
  return settings;
}

}  // namespace persea
