// What an optimizer is told: by which rule it moves weights, and how far.
#pragma once

#include "kernels/precision.h"

namespace persea {

struct OptimizerSettings {
  enum class Kind { adamw, muon } kind = Kind::adamw;
  double lr = 1e-3;       // of AdamW; with muon, of embedding, head and gains
  double muon_lr = 0.02;  // of the matrices inside the layers
  double beta1 = 0.9, beta2 = 0.95, eps = 1e-8;
  double weight_decay = 0.1;                               // decoupled, on matrices (gains have none)
  double momentum = 0.95;                                  // Muon's
  kernels::Precision precision = kernels::Precision::f32;  // of Muon's products
};

}  // namespace persea
