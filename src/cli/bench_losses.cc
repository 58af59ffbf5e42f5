// persea bench losses: the losses of training steps on a made-up language, which are a function of the options alone:
// two runs that differ in device or precision should differ by rounding only. It refuses to measure speed.
#include <cmath>
#include <memory>

#include "base/clock.h"
#include "cli/bench.h"
#include "cli/bench_shape.h"
#include "nn/optimizer.h"
#include "train/passes.h"

namespace persea {
namespace {

struct Options {
  TrainingShape shape;
  int64_t steps = 200;
};

// Tokens as text has them: few of them often, many seldom, and half of them told by the one before.
PackedBatch made_up_batch(int64_t sequences, int64_t length, int64_t vocab, Random& random) {
  PackedBatch batch;
  batch.sequences = static_cast<int>(sequences);
  batch.length = static_cast<int>(length);
  const auto any = [&] { return static_cast<int32_t>(static_cast<double>(vocab) * std::pow(random.uniform(), 4)); };
  for (int64_t row = 0; row < sequences; ++row) {
    int32_t token = any();
    for (int64_t i = 0; i < length; ++i) {
      batch.tokens.push_back(token);
      token = random.chance(0.5) ? static_cast<int32_t>((int64_t{token} * 7 + 3) % vocab) : any();
      batch.targets.push_back(token);
      batch.positions.push_back(static_cast<int32_t>(i));
      batch.starts.push_back(0);
    }
  }
  return batch;
}

int bench_losses(const CliContext& context, const Options& options) {
  constexpr int64_t kWarmUp = 20;  // steps until the learning rate is whole
  const TrainingShape& shape = options.shape;
  const auto checked = shape.checked();
  if (!checked) return report(checked.error());
  Model model(checked->config, 1);  // the same weights anywhere
  model.to(checked->device);
  Optimizer optimizer(model.parameters(), checked->settings);
  Random random(1, "losses");
  const double start = wall_seconds();
  std::vector<double> losses;
  for (int64_t step = 0; step < options.steps; ++step) {
    const PackedBatch batch = made_up_batch(shape.batch, shape.length, checked->config.vocab, random);
    losses.push_back(accumulate_gradients(model, batch, checked->passes.sequences,
                                          {.precision = checked->precision, .recomputed = checked->passes.recomputed}));
    optimizer.step(std::min(1.0, static_cast<double>(step + 1) / kWarmUp), 1);
  }
  if (context.json) {
    print_json({{"losses", losses}, {"seconds", wall_seconds() - start}});
  } else {
    for (size_t step = 0; step < losses.size(); ++step) fmt::print("{} {:.6f}\n", step + 1, losses[step]);
  }
  return 0;
}

}  // namespace

void add_bench_losses(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb =
      bench.add_subcommand("losses", "The losses of training on a made-up language, to compare devices and precisions");
  const auto options = std::make_shared<Options>();
  add_training_shape(*verb, options->shape);
  verb->add_option("--steps", options->steps, "Training steps")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_losses(context, *options); }; });
}

}  // namespace persea
