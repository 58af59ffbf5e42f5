#include "cli/bench_shape.h"

#include "base/memory.h"
#include "kernels/device_choice.h"
#include "tensor/cuda.h"

namespace persea {

Result<TrainingShape::Checked> TrainingShape::checked() const {
  Checked all;
  PERSEA_TRY(all.config, config(length));
  PERSEA_TRY(all.device, kernels::device_from(device));
  all.precision = kernels::precision_from(precision, all.device);
  if (micro > 0 && batch % micro != 0) return fail("--micro {} does not divide --batch {}", micro, batch);
  if (recompute > all.config.layers) return fail("--recompute {}: there are {} layers", recompute, all.config.layers);
  const bool gpu = all.device != cpu_device, rounded = gpu && all.precision != kernels::Precision::f32;
  all.passes = plan_passes(all.config, batch, length,
                           {.device = all.device,
                            .activations = rounded ? DType::bf16 : DType::f32,
                            .memory = gpu ? cuda::properties().memory : usable_memory(),
                            .state = (rounded ? 18 : 16) * all.config.parameters(),
                            .sequences = micro});
  if (recompute >= 0) all.passes.recomputed = recompute;
  all.settings.kind = optimizer == "muon" ? OptimizerSettings::Kind::muon : OptimizerSettings::Kind::adamw;
  all.settings.precision = kernels::beside_linear(all.precision);
  return all;
}

void add_training_shape(CLI::App& verb, TrainingShape& shape) {
  add_model_shape(verb, shape);
  verb.add_option("--optimizer", shape.optimizer, "Which")->check(CLI::IsMember({"adamw", "muon"}));
  verb.add_option("--precision", shape.precision, "Of the products")
      ->check(CLI::IsMember({"f32", "bf16", "fp8", "auto"}))
      ->capture_default_str();
  verb.add_option("--device", shape.device, "Where")
      ->check(CLI::IsMember({"cpu", "cuda", "auto"}))
      ->capture_default_str();
  verb.add_option("--batch", shape.batch, "Sequences of a step")->check(CLI::Range(1, 1 << 20))->capture_default_str();
  verb.add_option("--seq", shape.length, "Tokens of a sequence")->check(CLI::Range(1, 1 << 20))->capture_default_str();
  verb.add_option("--micro", shape.micro, "Sequences of one pass (0: as training does)")->check(CLI::Range(0, 1 << 20));
  verb.add_option("--recompute", shape.recompute, "Layers whose activations are not kept (-1: as many as it takes)")
      ->check(CLI::Range(-1, 1000))
      ->capture_default_str();
}

}  // namespace persea
