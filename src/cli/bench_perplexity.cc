// persea bench perplexity MODEL TEXT: how well a model foretells a text, in the weights and the cache of one's choice:
// what these cost it.
#include <cmath>
#include <memory>

#include "base/clock.h"
#include "base/file.h"
#include "base/progress.h"
#include "cli/bench.h"
#include "cli/model_option.h"
#include "eval/perplexity.h"
#include "eval/text_model.h"

namespace persea {
namespace {

struct Options {
  std::string model, text, weights = "f32", cache = "f16", device = "auto";
  int64_t context = 512;
};

struct Loaded {
  DecoderWeights weights;
  std::vector<int32_t> tokens;  // of the text; the beginning token first where the model has one
  PerplexityOptions how;
};

Result<Loaded> load(const CliContext& context, const Options& options) {
  PERSEA_TRY(const WeightType type, weight_type_from(options.weights));
  PERSEA_TRY(const KvPool::Format cache, cache_format_from(options.cache));
  PERSEA_TRY(const kernels::DeviceChoice device, kernels::device_choice_from(options.device));
  PERSEA_TRY(const ModelPlace place, find_model(context, options.model));
  PERSEA_TRY(const std::string text, read_file(options.text));
  PERSEA_TRY(const TextModel model, TextModel::load(place.path));
  PERSEA_TRY(DecoderWeights weights, on_device(DecoderWeights::of(*model.model, type), device));
  Loaded loaded{std::move(weights), {}, {options.context, model.roles.begin, cache}};
  if (model.roles.begin) loaded.tokens.push_back(*model.roles.begin);
  model.tokenizer.encode(text, loaded.tokens);
  return loaded;
}

int bench_perplexity(const CliContext& context, const Options& options) {
  auto loaded = load(context, options);
  if (!loaded) return report(loaded.error());
  Decoder decoder(std::move(loaded->weights));
  const auto pieces = static_cast<double>(loaded->tokens.size()) / static_cast<double>(options.context);
  const double start = wall_seconds();
  const auto result = [&] {
    Progress progress("perplexity", std::floor(pieces), context.quiet || context.json);
    return measure_perplexity(decoder, loaded->tokens, loaded->how, [&](const Perplexity& so_far) {
      progress.update(static_cast<double>(so_far.pieces), fmt::format("{:.4f}", so_far.value()));
    });
  }();
  if (!result) return report(result.error());
  const double seconds = wall_seconds() - start;
  if (context.json) {
    print_json({{"perplexity", result->value()},
                {"standard_error", result->error()},
                {"tokens", loaded->tokens.size()},
                {"pieces", result->pieces},
                {"scored", result->scored},
                {"context", options.context},
                {"weights", options.weights},
                {"cache", options.cache},
                {"device", device_name(decoder.weights().device)},
                {"seconds", seconds}});
  } else {
    fmt::print("perplexity {:.4f} ± {:.4f}: {} of {} tokens scored, in {} pieces of {}, {}\n", result->value(),
               result->error(), result->scored, loaded->tokens.size(), result->pieces, options.context,
               format_duration(seconds));
  }
  return 0;
}

}  // namespace

void add_bench_perplexity(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb = bench.add_subcommand("perplexity", "How well a model foretells a text, counted as llama.cpp does");
  const auto options = std::make_shared<Options>();
  verb->add_option("MODEL", options->model, "An artifact, a model directory or a .gguf file")->required();
  verb->add_option("TEXT", options->text, "A file of text; the names of special tokens are common text in it")
      ->required();
  verb->add_option("--context", options->context,
                   "Tokens of a piece, of which the second half is scored, given what is before")
      ->check(CLI::Range(4, 1 << 24))
      ->capture_default_str();
  verb->add_option("--weights", options->weights, "Their type")
      ->check(CLI::IsMember({"f32", "f16", "bf16", "q8", "q4"}))
      ->capture_default_str();
  verb->add_option("--cache", options->cache, "Type of the keys and values that are kept")
      ->check(CLI::IsMember({"f32", "f16", "q8"}))
      ->capture_default_str();
  add_device_option(*verb, options->device);
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_perplexity(context, *options); }; });
}

}  // namespace persea
