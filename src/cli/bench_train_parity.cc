// persea bench train-parity DIR: AdamW steps from given weights on given batches, to be held against another program's.
//   DIR/model          a model directory: where it starts
//   DIR/settings.json  {"steps", "sequences", "length", "lr", "beta1", "beta2", "eps", "weight_decay", "clip"}
//   DIR/batches.bin    int32, little-endian, [steps, sequences, length + 1]: inputs are all but the last, targets all
//   but the
//                      first of each row; a negative target counts for nothing
// It writes DIR/losses.json, {"losses": [the mean over the targets before each step]}, and DIR/out, the model after
// them.
#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <numeric>

#include "base/file.h"
#include "cli/bench.h"
#include "nn/model_files.h"
#include "nn/optimizer.h"

namespace persea {
namespace {

struct Settings {
  int64_t steps = 0, sequences = 0, length = 0;
  double clip = 0;
  OptimizerSettings optimizer;
};

Result<Settings> read_settings(const fs::path& path) {
  PERSEA_TRY(const Json json, read_json(path));
  Settings settings;
  try {
    json.at("steps").get_to(settings.steps);
    json.at("sequences").get_to(settings.sequences);
    json.at("length").get_to(settings.length);
    json.at("lr").get_to(settings.optimizer.lr);
    json.at("beta1").get_to(settings.optimizer.beta1);
    json.at("beta2").get_to(settings.optimizer.beta2);
    json.at("eps").get_to(settings.optimizer.eps);
    json.at("weight_decay").get_to(settings.optimizer.weight_decay);
    settings.clip = json.value("clip", 0.0);
  } catch (const Json::exception& error) {
    return fail("{}: {}", path.string(), error.what());
  }
  constexpr int64_t kMost = 1 << 20;
  for (const int64_t size : {settings.steps, settings.sequences, settings.length}) {
    if (size < 1 || size > kMost)
      return fail("{}: steps, sequences and length must be from 1 to {}", path.string(), kMost);
  }
  return settings;
}

Status train(const fs::path& dir) {
  PERSEA_TRY(const Settings settings, read_settings(dir / "settings.json"));
  PERSEA_TRY(const std::unique_ptr<Model> model, load_model(dir / "model"));
  PERSEA_CHECK(model->config().trainable());
  PERSEA_TRY(const std::string bytes, read_file(dir / "batches.bin"));
  const int64_t row = settings.length + 1, tokens = settings.sequences * settings.length;
  if (bytes.size() != static_cast<size_t>(settings.steps * settings.sequences * row) * sizeof(int32_t)) {
    return fail("{}: {} bytes for [{}, {}, {}] tokens", (dir / "batches.bin").string(), bytes.size(), settings.steps,
                settings.sequences, row);
  }
  static_assert(std::endian::native == std::endian::little);
  std::vector<int32_t> all(bytes.size() / sizeof(int32_t));
  std::memcpy(all.data(), bytes.data(), bytes.size());
  const auto in_vocabulary = [&](int32_t id) { return id < model->config().vocab; };
  if (!std::all_of(all.begin(), all.end(), in_vocabulary))
    return fail("{}: a token is not in the vocabulary", (dir / "batches.bin").string());

  std::vector<int32_t> in(static_cast<size_t>(tokens)), targets(in.size()), positions(in.size()), starts(in.size(), 0);
  Optimizer optimizer(model->parameters(), settings.optimizer);
  Json losses = Json::array();
  for (int64_t step = 0; step < settings.steps; ++step) {
    int64_t counted = 0;
    for (int64_t s = 0; s < settings.sequences; ++s) {
      const int32_t* from = all.data() + (step * settings.sequences + s) * row;
      const int64_t to = s * settings.length;
      for (int64_t i = 0; i < settings.length; ++i) {
        in[to + i] = std::max(from[i], 0);
        targets[to + i] = std::max(from[i + 1], -1);
        positions[to + i] = static_cast<int32_t>(i);
        counted += from[i + 1] >= 0;
      }
    }
    Model::LossOptions options;
    options.scale = static_cast<float>(1.0 / static_cast<double>(std::max<int64_t>(counted, 1)));
    losses.push_back(model->loss({settings.sequences, settings.length, in, targets, positions, starts}, options) /
                     static_cast<double>(std::max<int64_t>(counted, 1)));
    optimizer.step(1, settings.clip);
  }
  PERSEA_CHECK(save_model(*model, dir / "out"));
  return write_file(dir / "losses.json", Json({{"losses", losses}}).dump() + "\n");
}

}  // namespace

void add_bench_train_parity(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb =
      bench.add_subcommand("train-parity", "AdamW steps from given weights on given batches, for comparison");
  const auto dir = std::make_shared<std::string>();
  verb->add_option("DIR", *dir, "The folder with model, settings.json and batches.bin")->required();
  verb->callback([&context, &action, dir] {
    action = [&context, dir] {
      if (const Status status = train(*dir); !status) return report(status.error());
      if (!context.quiet && !context.json) fmt::print("{}\n", (fs::path(*dir) / "out").string());
      return 0;
    };
  });
}

}  // namespace persea
