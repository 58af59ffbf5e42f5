// persea bench logits DIR --tokens 1,2,3: what a model directory computes, to be held against other programs.
#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

#include "cli/bench.h"
#include "infer/decoder.h"
#include "nn/model_files.h"

namespace persea {
namespace {

struct Options {
  std::string dir;
  std::vector<int32_t> tokens;
  bool cached = false;
};

// Logits after each token, [tokens, vocab], by the training pass or token by token over a cache.
Result<Tensor> logits_of(Model& model, const std::vector<int32_t>& tokens, bool cached) {
  const auto length = static_cast<int64_t>(tokens.size());
  const ModelConfig& config = model.config();
  Decoder decoder(model);
  KvCache cache(config);
  Tensor all({length, config.vocab});
  for (int64_t i = 0; i < length; ++i) {
    const Decoder::Piece piece{&cache, std::span(tokens).subspan(static_cast<size_t>(i), 1)};
    PERSEA_TRY(const Tensor logits, decoder.forward({&piece, 1}));  // checks the tokens for both
    std::copy_n(logits.data(), config.vocab, all.data() + i * config.vocab);
  }
  if (cached) return all;
  std::vector<int32_t> positions(tokens.size()), starts(tokens.size(), 0), targets(tokens.size(), -1);
  std::iota(positions.begin(), positions.end(), 0);
  return model.logits({1, length, tokens, targets, positions, starts});
}

int bench_logits(const CliContext& context, const Options& options) {
  const auto model = load_model(options.dir);
  if (!model) return report(model.error());
  const auto logits = logits_of(**model, options.tokens, options.cached);
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
  CLI::App* verb = bench.add_subcommand("logits", "The logits of a model directory after each of some tokens");
  const auto options = std::make_shared<Options>();
  verb->add_option("DIR", options->dir, "A model directory")->required();
  verb->add_option("--tokens", options->tokens, "Token ids, separated by commas")->required()->delimiter(',');
  verb->add_flag("--cached", options->cached, "Token by token over a cache, as generation does");
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_logits(context, *options); }; });
}

}  // namespace persea
