// persea bench train: the speed of training steps on random tokens, against the peak that the same run measures. Peak
// and steps alternate, and each step is held against the peak right before and after it: where others share the
// processor, both lose alike.
#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "base/threads.h"
#include "cli/bench.h"
#include "kernels/device_choice.h"
#include "kernels/launch.h"
#include "kernels/peak.h"
#include "nn/optimizer.h"
#include "tensor/cuda.h"
#include "train/pretrain.h"
#include "train/random_batch.h"

namespace persea {
namespace {

constexpr int kWarmUp = 2;                                // steps before any counts: memory is taken, threads are awake
constexpr double kPeakShare = 0.05, kPeakSeconds = 0.02;  // of a step's time, at least, between two steps

struct Options {
  ModelConfig model;
  std::string activation = "swiglu", optimizer = "adamw", precision = "f32", device = "cpu";
  int64_t batch = 16, length = 256, micro = 0;
  double seconds = 10;
};

int bench_train(const CliContext& context, const Options& options) {
  ModelConfig config = options.model;
  config.activation = options.activation == "swiglu" ? Activation::swiglu : Activation::relu_squared;
  if (config.kv_heads == 0) config.kv_heads = config.heads;
  config.head_dim = config.dim / config.heads;
  config.context = options.length;
  if (Status status = config.check(); !status) return report(status.error());
  const auto device = kernels::device_from(options.device);
  if (!device) return report(device.error());
  const int64_t micro =
      options.micro > 0 ? options.micro : micro_batch_sequences(config, options.batch, options.length, *device);
  if (options.batch % micro != 0) return report(fail("--micro {} does not divide --batch {}", micro, options.batch));

  Random random(1);
  std::vector<PackedBatch> batches;
  for (int i = 0; i < 4; ++i) batches.push_back(random_batch(options.batch, options.length, config.vocab, random));
  Model model(config, 1);
  model.to(*device);
  OptimizerSettings settings;
  settings.kind = options.optimizer == "muon" ? OptimizerSettings::Kind::muon : OptimizerSettings::Kind::adamw;
  const kernels::Precision precision = kernels::precision_from(options.precision, *device);
  settings.precision = precision;
  Optimizer optimizer(model.parameters(), settings);

  const double tokens = static_cast<double>(options.batch * options.length);
  const double flops = config.training_flops_per_token(options.length);
  const auto measure_peak = [&](double seconds) {
    if (*device == cpu_device) return kernels::measure_peak_gflops(seconds);
    const double gflops = kernels::launch(kernels::MatrixPeak{precision, seconds}, *device);
    return kernels::PeakGflops{gflops, gflops};
  };
  kernels::PeakGflops peak = measure_peak(0.5);
  double best_peak = peak.best, loss = 0, end = 0;
  std::vector<double> times, peaks, shares;
  for (int step = 0; step < kWarmUp + 1 || wall_seconds() < end; ++step) {
    if (step == kWarmUp) end = wall_seconds() + options.seconds;
    const double start = wall_seconds();
    loss = accumulate_gradients(model, batches[static_cast<size_t>(step) % batches.size()], micro,
                                {.precision = precision});
    optimizer.step(1, 1);
    if (*device != cpu_device) cuda::wait();
    const double took = wall_seconds() - start;
    const double before = peak.mean;
    peak = measure_peak(std::max(kPeakSeconds, kPeakShare * took));
    best_peak = std::max(best_peak, peak.best);
    if (step < kWarmUp) continue;
    times.push_back(took);
    peaks.push_back((before + peak.mean) / 2);
    shares.push_back(flops * tokens / took / 1e9 / peaks.back());
  }

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
                       {"flops_per_token", flops},
                       {"parameters", config.parameters()},
                       {"threads", pool().threads()},
                       {"loss", loss}};
  if (context.json) {
    print_json(result);
  } else {
    fmt::print("{} tok/s ({:.1f} ms a step, {} steps), {:.1f} of {:.1f} GFLOP/s: {:.1f}% of peak, {} at most\n",
               format_count(tokens / median), median * 1e3, times.size(), flops * tokens / median / 1e9,
               median_of(peaks), 100 * mfu, format_bytes(static_cast<double>(peak_memory_bytes())));
  }
  return 0;
}

}  // namespace

void add_bench_train(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb =
      bench.add_subcommand("train", "The speed of training steps: forward, backward, AdamW, on random tokens");
  const auto options = std::make_shared<Options>();
  ModelConfig& m = options->model;
  m.vocab = 2048;
  m.dim = 128;
  m.layers = m.heads = 4;
  m.hidden = 384;
  verb->add_option("--dim", m.dim, "Width")->check(CLI::Range(8, 65536))->capture_default_str();
  verb->add_option("--layers", m.layers, "Blocks")->check(CLI::Range(1, 1000))->capture_default_str();
  verb->add_option("--heads", m.heads, "Attention heads")->check(CLI::Range(1, 1024))->capture_default_str();
  verb->add_option("--kv-heads", m.kv_heads, "Heads of keys and values (0: as many)")->check(CLI::Range(0, 1024));
  verb->add_option("--hidden", m.hidden, "Width of the MLP")->check(CLI::Range(8, 1 << 20))->capture_default_str();
  verb->add_option("--vocab", m.vocab, "Tokens")->check(CLI::Range(2, 1 << 22))->capture_default_str();
  verb->add_option("--activation", options->activation, "The MLP's")->check(CLI::IsMember({"swiglu", "relu_squared"}));
  verb->add_flag("--qk-norm", m.qk_norm, "Normalize queries and keys");
  verb->add_flag("--tied,!--untied", m.tied, "The head shares the embedding's weights")->capture_default_str();
  verb->add_option("--optimizer", options->optimizer, "Which")->check(CLI::IsMember({"adamw", "muon"}));
  verb->add_option("--precision", options->precision, "Of the products")
      ->check(CLI::IsMember({"f32", "bf16", "auto"}))
      ->capture_default_str();
  verb->add_option("--device", options->device, "Where")
      ->check(CLI::IsMember({"cpu", "cuda", "auto"}))
      ->capture_default_str();
  verb->add_option("--batch", options->batch, "Sequences of a step")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  verb->add_option("--seq", options->length, "Tokens of a sequence")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  verb->add_option("--micro", options->micro, "Sequences of one pass (0: as training does)")
      ->check(CLI::Range(0, 1 << 20));
  verb->add_option("--seconds", options->seconds, "Time to measure")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_train(context, *options); }; });
}

}  // namespace persea
