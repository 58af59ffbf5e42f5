// persea bench inference: how fast a model reads prompts and writes on, of one text or several together, and what share
// of the bandwidth of the memory that it lies in, which the same run measures in between, writing uses.
#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "base/threads.h"
#include "cli/bench.h"
#include "cli/bench_model.h"
#include "cli/model_option.h"
#include "eval/text_model.h"
#include "infer/decoder.h"
#include "kernels/device_choice.h"
#include "kernels/launch.h"
#include "kernels/peak.h"
#include "tensor/storage.h"

namespace persea {
namespace {

struct Options {
  ModelShape shape;  // of random weights
  bool random = false;
  std::string model, weights = "q8", cache = "f16", device = "cpu";
  int64_t prompt = 512, past = 1, write = 128, batch = 1;
  double seconds = 10;
};

struct Figures {
  std::vector<double> reading, writing, bandwidth, shares;  // tokens/s, tokens/s, GB/s, of it
};

// A prompt of random tokens for each text, then `write` tokens of each behind the prompts' first `past`: the next
// ones' values do not matter to the time.
Status measure(Decoder& decoder, const Options& options, KvPool::Format format, Random& random, Figures& figures) {
  const ModelConfig& c = decoder.config();
  const Device device = decoder.weights().device;
  const auto draw = [&](std::vector<int32_t>& tokens) {
    for (int32_t& id : tokens) id = static_cast<int32_t>(random.below(static_cast<uint64_t>(c.vocab)));
  };
  const auto pool = std::make_shared<KvPool>(c, 0, format, device);
  std::vector<KvCache> caches;
  for (int64_t i = 0; i < options.batch; ++i) caches.push_back(KvCache(pool, c.context));
  const auto forward = [&](std::span<const int32_t> tokens) {  // those of the first text, those of the second ...
    std::vector<Decoder::Piece> pieces;
    const size_t each = tokens.size() / caches.size();
    for (size_t i = 0; i < caches.size(); ++i) pieces.push_back({&caches[i], tokens.subspan(i * each, each)});
    return decoder.forward(pieces);
  };
  std::vector<int32_t> prompts(static_cast<size_t>(options.batch * options.prompt));
  draw(prompts);
  const double start = wall_seconds();
  PERSEA_CHECK(forward(prompts));
  figures.reading.push_back(static_cast<double>(prompts.size()) / (wall_seconds() - start));

  for (KvCache& cache : caches) cache.truncate(options.past);
  const auto bandwidth_now = [&] { return kernels::launch(kernels::ReadBandwidth{0.1}, device); };
  const double before = bandwidth_now(), begin = wall_seconds();
  std::vector<int32_t> next(caches.size());
  double bytes = 0;
  for (int64_t i = 0; i < options.write; ++i) {
    draw(next);
    PERSEA_CHECK(forward(next));  // the logits are there when it returns
    bytes += static_cast<double>(decoder.weights().bytes_per_pass());
    for (const KvCache& cache : caches)
      bytes += static_cast<double>(cache.size() * pool->bytes_of_page()) / KvPool::kTokens;
  }
  const double took = wall_seconds() - begin, bandwidth = (before + bandwidth_now()) / 2;
  figures.writing.push_back(static_cast<double>(options.batch * options.write) / took);
  figures.bandwidth.push_back(bandwidth);
  figures.shares.push_back(bytes / took / 1e9 / bandwidth);
  return {};
}

Result<DecoderWeights> weights_of(const CliContext& context, const Options& options) {
  PERSEA_TRY(const WeightType type, weight_type_from(options.weights));
  PERSEA_TRY(const Device device, kernels::device_from(options.device));
  DecoderWeights weights;
  if (options.random) {
    PERSEA_TRY(const ModelConfig config, options.shape.config(options.prompt + options.write));
    weights = DecoderWeights::of(*random_model(config), type);
  } else {
    PERSEA_TRY(const ModelPlace place, find_model(context, options.model));
    PERSEA_TRY(const TextModel model, TextModel::load(place.path));
    weights = DecoderWeights::of(*model.model, type);
  }
  release_kept_memory();  // the model's, which is gone
  return on_device(std::move(weights), device);
}

int bench_inference(const CliContext& context, const Options& options) {
  if (options.random == !options.model.empty())
    return report(fail("bench inference: name a MODEL, or let --random make one of the shape of --dim and its like"));
  const auto format = cache_format_from(options.cache);
  if (!format) return report(format.error());
  auto weights = weights_of(context, options);
  if (!weights) return report(weights.error());
  Decoder decoder(*std::move(weights));
  Options fitting = options;
  fitting.prompt = std::min(options.prompt, decoder.config().context);
  fitting.past = std::min(options.past, fitting.prompt);
  fitting.write = std::min(options.write, decoder.config().context - fitting.past);
  Random random(1);
  Figures figures, warm;
  if (const Status status = measure(decoder, fitting, *format, random, warm); !status) return report(status.error());
  for (const double end = wall_seconds() + options.seconds; figures.reading.empty() || wall_seconds() < end;)
    if (const Status status = measure(decoder, fitting, *format, random, figures); !status)
      return report(status.error());

  const Json result = {{"prompt_tokens_per_second", median_of(figures.reading)},
                       {"tokens_per_second", median_of(figures.writing)},
                       {"bandwidth_gb_per_second", median_of(figures.bandwidth)},
                       {"bandwidth_share", median_of(figures.shares)},
                       {"bytes_per_pass", decoder.weights().bytes_per_pass()},
                       {"weights", options.weights},
                       {"cache", options.cache},
                       {"device", options.device},
                       {"batch", options.batch},
                       {"rounds", figures.reading.size()},
                       {"threads", pool().threads()}};
  if (context.json) {
    print_json(result);
  } else {
    fmt::print("reads {:.0f} tokens/s ({} tokens of each text), writes {:.1f} tokens/s: {:.0f}% of {:.1f} GB/s\n",
               median_of(figures.reading), fitting.prompt, median_of(figures.writing), 100 * median_of(figures.shares),
               median_of(figures.bandwidth));
  }
  return 0;
}

}  // namespace

void add_bench_inference(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb = bench.add_subcommand("inference", "How fast a model reads a prompt and writes on");
  const auto options = std::make_shared<Options>();
  verb->add_option("MODEL", options->model, "An artifact, a model directory or a .gguf file");
  verb->add_flag("--random", options->random, "In its place random weights of the shape that --dim and its like say");
  add_model_shape(*verb, options->shape);
  verb->add_option("--weights", options->weights, "Their type")
      ->check(CLI::IsMember({"f32", "f16", "bf16", "q8", "q4"}))
      ->capture_default_str();
  verb->add_option("--cache", options->cache, "Type of the keys and values that are kept")
      ->check(CLI::IsMember({"f32", "f16", "q8"}))
      ->capture_default_str();
  verb->add_option("--device", options->device, "Where")
      ->check(CLI::IsMember({"cpu", "cuda", "auto"}))
      ->capture_default_str();
  verb->add_option("--batch", options->batch, "Texts at once")->check(CLI::Range(1, 4096))->capture_default_str();
  verb->add_option("--prompt", options->prompt, "Tokens to read")->check(CLI::Range(1, 1 << 20))->capture_default_str();
  verb->add_option("--past", options->past, "Tokens of the prompt that writing has before it")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  verb->add_option("--write", options->write, "Tokens to write")->check(CLI::Range(1, 1 << 20))->capture_default_str();
  verb->add_option("--seconds", options->seconds, "Time to measure")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_inference(context, *options); }; });
}

}  // namespace persea
