// persea bench inference: how fast a model reads a prompt and writes on, and what share of the memory's bandwidth,
// which the same run measures in between, writing uses.
#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "base/threads.h"
#include "cli/bench.h"
#include "cli/model_option.h"
#include "eval/text_model.h"
#include "infer/decoder.h"
#include "kernels/peak.h"

namespace persea {
namespace {

struct Options {
  std::string model, weights = "q8", cache = "f16";
  int64_t prompt = 512, write = 128;
  double seconds = 10;
};

struct Figures {
  std::vector<double> reading, writing, bandwidth, shares;  // tokens/s, tokens/s, GB/s, of it
};

// One prompt of random tokens, then `write` tokens: the next one's value does not matter to the time.
Status measure(Decoder& decoder, const Options& options, KvPool::Format format, Random& random, Figures& figures) {
  const ModelConfig& c = decoder.config();
  const auto token = [&] { return static_cast<int32_t>(random.below(static_cast<uint64_t>(c.vocab))); };
  std::vector<int32_t> prompt(static_cast<size_t>(options.prompt));
  for (int32_t& id : prompt) id = token();
  const auto pool = std::make_shared<KvPool>(c, 0, format);
  KvCache cache(pool, c.context);
  const auto forward = [&](std::span<const int32_t> tokens) {
    const Decoder::Piece piece{&cache, tokens};
    return decoder.forward({&piece, 1});
  };
  const double start = wall_seconds();
  PERSEA_CHECK(forward(prompt));
  figures.reading.push_back(static_cast<double>(options.prompt) / (wall_seconds() - start));

  cache.truncate(1);  // writing is measured from the beginning of a text
  const double before = kernels::measure_read_bandwidth(0.1), begin = wall_seconds();
  double bytes = 0;
  for (int64_t i = 0; i < options.write; ++i) {
    const int32_t next = token();
    PERSEA_CHECK(forward({&next, 1}));
    bytes += static_cast<double>(decoder.weights().bytes_per_pass()) +
             static_cast<double>(cache.size() * pool->bytes_of_page()) / KvPool::kTokens;
  }
  const double took = wall_seconds() - begin, bandwidth = (before + kernels::measure_read_bandwidth(0.1)) / 2;
  figures.writing.push_back(static_cast<double>(options.write) / took);
  figures.bandwidth.push_back(bandwidth);
  figures.shares.push_back(bytes / took / 1e9 / bandwidth);
  return {};
}

int bench_inference(const CliContext& context, const Options& options) {
  const auto place = find_model(context, options.model);
  if (!place) return report(place.error());
  const auto type = weight_type_from(options.weights);
  if (!type) return report(type.error());
  const auto format = cache_format_from(options.cache);
  if (!format) return report(format.error());
  DecoderWeights weights;
  {
    const auto model = TextModel::load(place->path);
    if (!model) return report(model.error());
    weights = DecoderWeights::of(*model->model, *type);
  }
  Decoder decoder(std::move(weights));
  Options fitting = options;
  fitting.prompt = std::min(options.prompt, decoder.config().context);
  fitting.write = std::min(options.write, decoder.config().context - 1);
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
                       {"rounds", figures.reading.size()},
                       {"threads", pool().threads()}};
  if (context.json) {
    print_json(result);
  } else {
    fmt::print("reads {:.0f} tokens/s ({} tokens), writes {:.1f} tokens/s: {:.0f}% of {:.1f} GB/s\n",
               median_of(figures.reading), fitting.prompt, median_of(figures.writing), 100 * median_of(figures.shares),
               median_of(figures.bandwidth));
  }
  return 0;
}

}  // namespace

void add_bench_inference(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb = bench.add_subcommand("inference", "How fast a model reads a prompt and writes on");
  const auto options = std::make_shared<Options>();
  verb->add_option("MODEL", options->model, "An artifact, a model directory or a .gguf file")->required();
  verb->add_option("--weights", options->weights, "Their type")
      ->check(CLI::IsMember({"f32", "f16", "bf16", "q8", "q4"}))
      ->capture_default_str();
  verb->add_option("--cache", options->cache, "Type of the keys and values that are kept")
      ->check(CLI::IsMember({"f32", "f16", "q8"}))
      ->capture_default_str();
  verb->add_option("--prompt", options->prompt, "Tokens to read")->check(CLI::Range(1, 1 << 20))->capture_default_str();
  verb->add_option("--write", options->write, "Tokens to write")->check(CLI::Range(1, 1 << 20))->capture_default_str();
  verb->add_option("--seconds", options->seconds, "Time to measure")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_inference(context, *options); }; });
}

}  // namespace persea
