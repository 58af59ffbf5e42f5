// persea bench logits MODEL --tokens 1,2,3: what a model directory or a GGUF file computes, to be held against other
// programs.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <numeric>
#include <vector>

#include "cli/bench.h"
#include "cli/model_option.h"
#include "infer/decoder.h"
#include "infer/decoder_weights.h"
#include "nn/gguf_model.h"
#include "nn/model_files.h"

namespace persea {
namespace {

struct Options {
  std::string place, weights, device = "cpu";
  std::vector<int32_t> tokens;
  bool cached = false;
};

Result<std::unique_ptr<Model>> load(const std::string& place) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(place, error)) return load_model(place);
  PERSEA_TRY(const Gguf file, Gguf::open(place));
  return load_gguf_model(file);
}

// Logits after each token, [tokens, vocab]: by the training pass, or by the decoder token by token over a cache, and
// for a model that is only run, or on a GPU, in one go.
Result<Tensor> logits_of(Model& model, const Options& options) {
  const std::vector<int32_t>& tokens = options.tokens;
  const auto length = static_cast<int64_t>(tokens.size());
  const ModelConfig& config = model.config();
  std::optional<WeightType> type;
  if (!options.weights.empty()) {
    PERSEA_TRY(type, weight_type_from(options.weights));
  }
  PERSEA_TRY(const Device device, kernels::device_from(options.device));
  const bool trains = !options.cached && !type && device == cpu_device && config.trainable();
  PERSEA_TRY(DecoderWeights weights, on_device(DecoderWeights::of(model, type), {device}));
  Decoder decoder(std::move(weights));
  KvCache cache(config, device);
  if (!options.cached && !trains) {
    const Decoder::Piece piece{&cache, tokens, length};
    return decoder.forward({&piece, 1});
  }
  Tensor all({length, config.vocab});
  for (int64_t i = 0; i < length; ++i) {
    const Decoder::Piece piece{&cache, std::span(tokens).subspan(static_cast<size_t>(i), 1)};
    PERSEA_TRY(const Tensor logits, decoder.forward({&piece, 1}));  // checks the tokens for both
    std::copy_n(logits.data(), config.vocab, all.data() + i * config.vocab);
  }
  if (options.cached) return all;
  std::vector<int32_t> positions(tokens.size()), starts(tokens.size(), 0), targets(tokens.size(), -1);
  std::iota(positions.begin(), positions.end(), 0);
  return model.logits({1, length, tokens, targets, positions, starts});
}

int bench_logits(const CliContext& context, const Options& options) {
  const auto model = load(options.place);
  if (!model) return report(model.error());
  const auto logits = logits_of(**model, options);
  if (!logits) return report(logits.error());
  const int64_t vocab = logits->columns();
  Json rows = Json::array();
  for (int64_t r = 0; r < logits->rows(); ++r) {
    const float* row = logits->data() + r * vocab;
    rows.push_back(std::vector<float>(row, row + vocab));
    if (!context.json) {
      const auto best = std::max_element(row, row + vocab) - row;
      fmt::print("{:>6} {:>8} -> {:>8} {:.6f}\n", r, options.tokens[static_cast<size_t>(r)], best, row[best]);
    }
  }
  if (context.json) fmt::print("{}\n", Json({{"logits", rows}}).dump());
  return 0;
}

}  // namespace

void add_bench_logits(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb = bench.add_subcommand("logits", "The logits of a model after each of some tokens");
  const auto options = std::make_shared<Options>();
  verb->add_option("MODEL", options->place, "A model directory or a .gguf file")->required();
  verb->add_option("--weights", options->weights, "Packed weights of this type: f32, f16, bf16, q8 or q4");
  verb->add_option("--tokens", options->tokens, "Token ids, separated by commas")->required()->delimiter(',');
  add_device_option(*verb, options->device, "the decoder");
  verb->add_flag("--cached", options->cached, "Token by token over a cache, as generation does");
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_logits(context, *options); }; });
}

}  // namespace persea
