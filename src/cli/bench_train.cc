// persea bench train: the speed of training steps on random tokens, against the peak that the same run measures, and
// the memory that they take. On a CPU peak and steps alternate, and each step is held against the peak right before and
// after it: where others share the processor, both lose alike. A GPU, which nobody shares and which slows down as it
// grows hot, is measured before and behind all steps.
#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "base/threads.h"
#include "cli/bench.h"
#include "cli/bench_shape.h"
#include "kernels/launch.h"
#include "kernels/peak.h"
#include "nn/optimizer.h"
#include "tensor/cuda.h"
#include "tensor/memory_use.h"
#include "tensor/storage.h"
#include "train/pretrain.h"
#include "train/random_batch.h"

namespace persea {
namespace {

constexpr int kWarmUp = 2;                                // steps before any counts: memory is taken, threads are awake
constexpr double kPeakShare = 0.05, kPeakSeconds = 0.02;  // of a step's time, at least, between two steps

struct Options {
  TrainingShape shape;
  double seconds = 10;
};

int bench_train(const CliContext& context, const Options& options) {
  const TrainingShape& shape = options.shape;
  const auto checked = shape.checked();
  if (!checked) return report(checked.error());
  const auto& [config, device, precision, passes, settings] = *checked;

  Random random(1);
  std::vector<PackedBatch> batches;
  for (int i = 0; i < 4; ++i) batches.push_back(random_batch(shape.batch, shape.length, config.vocab, random));
  const double tokens = static_cast<double>(shape.batch * shape.length);
  const double flops = config.training_flops_per_token(shape.length);
  const auto measure_peak = [&, device = device, precision = precision](double seconds) {
    if (device == cpu_device) return kernels::measure_peak_gflops(seconds);
    const double gflops = kernels::launch(kernels::MatrixPeak{precision, seconds}, device);
    return kernels::PeakGflops{gflops, gflops};
  };
  const bool on_gpu = device != cpu_device;
  kernels::PeakGflops peak = measure_peak(0.5);
  release_kept_memory();
  const int64_t free_before = on_gpu ? cuda::properties().free_memory : 0;
  const auto model = random_model(config);
  model->to(device);
  Optimizer optimizer(model->parameters(), settings);
  double best_peak = peak.best, loss = 0, end = 0;
  std::vector<double> times, peaks, shares;
  for (int step = 0; step < kWarmUp + 1 || wall_seconds() < end; ++step) {
    if (step == kWarmUp) end = wall_seconds() + options.seconds;
    const double start = wall_seconds();
    loss = accumulate_gradients(*model, batches[static_cast<size_t>(step) % batches.size()], passes.sequences,
                                {.precision = precision, .recomputed = passes.recomputed});
    optimizer.step(1, 1);
    if (on_gpu) cuda::wait();
    const double took = wall_seconds() - start;
    const double before = peak.mean;
    if (!on_gpu) peak = measure_peak(std::max(kPeakSeconds, kPeakShare * took));
    best_peak = std::max(best_peak, peak.best);
    if (step < kWarmUp) continue;
    times.push_back(took);
    peaks.push_back((before + peak.mean) / 2);
    shares.push_back(flops * tokens / took / 1e9 / peaks.back());
  }

  // What it has not given back, and it gives nothing back: the most that it ever took. The driver's own is not in it.
  const int64_t gpu_memory = on_gpu ? free_before - cuda::properties().free_memory : 0;
  if (on_gpu) best_peak = std::max(best_peak, measure_peak(0.5).best);
  std::sort(times.begin(), times.end());
  const double median = median_of(times), mfu = median_of(shares);
  const Json result = {{"tokens_per_second", tokens / median},
                       {"best_tokens_per_second", tokens / times.front()},
                       {"median_step_ms", median * 1e3},
                       {"steps", times.size()},
                       {"gflops", flops * tokens / median / 1e9},
                       {"peak_gflops", best_peak},
                       {"peak_gflops_beside", median_of(peaks)},
                       {"mfu", mfu},
                       {"peak_memory_bytes", peak_memory_bytes()},
                       {"peak_tensor_bytes", peak_tensor_bytes(device)},
                       {"recomputed_layers", passes.recomputed},
                       {"gpu_memory_bytes", gpu_memory},
                       {"flops_per_token", flops},
                       {"parameters", config.parameters()},
                       {"threads", pool().threads()},
                       {"loss", loss}};
  if (context.json) {
    print_json(result);
  } else {
    fmt::print("{} tok/s ({:.1f} ms a step, {} steps), {:.1f} of {:.1f} GFLOP/s: {:.1f}% of peak, {} at most{}\n",
               format_count(tokens / median), median * 1e3, times.size(), flops * tokens / median / 1e9,
               median_of(peaks), 100 * mfu,
               format_bytes(static_cast<double>(on_gpu ? gpu_memory : peak_memory_bytes())),
               passes.recomputed > 0 ? fmt::format(", {} layers computed twice", passes.recomputed) : "");
  }
  return 0;
}

}  // namespace

void add_bench_train(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb =
      bench.add_subcommand("train", "The speed of training steps: forward, backward, AdamW, on random tokens");
  const auto options = std::make_shared<Options>();
  add_training_shape(*verb, options->shape);
  verb->add_option("--seconds", options->seconds, "Time to measure")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_train(context, *options); }; });
}

}  // namespace persea
