// persea bench ranks: what a training step costs several ranks, and of what parts; under mpirun or srun, or one rank
// alone. The parts are measured by all ranks at once, so that what they share of a machine is shared, but without a
// message between them; the wire by itself; and the whole step as training takes it. A model of the step at other
// numbers of ranks (bench/step_model.py) is fed with the parts and held against the whole. Rank 0 prints.
#include <algorithm>
#include <cmath>
#include <memory>

#include "base/clock.h"
#include "base/threads.h"
#include "cli/bench.h"
#include "cli/bench_shape.h"
#include "kernels/launch.h"
#include "kernels/optimizer.h"
#include "kernels/rows.h"
#include "nn/rank_slices.h"
#include "train/random_batch.h"
#include "train/shared_step.h"

namespace persea {
namespace {

constexpr size_t kWarmUp = 2;
constexpr size_t kMessage = size_t{1} << 20;  // bytes: long enough for the wire's full rate
constexpr size_t kMessages = 32;
constexpr int kRounds = 400, kSums = 20;
constexpr int64_t kSum = 4 << 20;  // numbers: more than the caches hold

struct Options {
  TrainingShape shape;
  double seconds = 10;
  std::vector<int> layouts;
};

// Seconds that a message of no length takes, and bytes a second of each rank to the next while all send and receive.
struct Wire {
  double latency = 0, rate = 0;
};

// Messages of `bytes` to one rank and from another, all under way at once, as a step's are.
Status pass_on(Ranks& ranks, int to, int from, size_t bytes, std::span<const std::byte> out, std::span<std::byte> in) {
  std::vector<std::pair<int, std::unique_ptr<Transfer>>> moving;
  for (size_t at = 0; at < in.size(); at += bytes) {
    moving.emplace_back(from, ranks.receive(from, in.subspan(at, bytes)));
    moving.emplace_back(to, ranks.send(to, out.subspan(at, bytes)));
  }
  return ranks.wait([&] {
    std::erase_if(moving, [](const auto& each) { return each.second->done(); });
    std::vector<int> missing;
    for (const auto& each : moving) missing.push_back(each.first);
    return missing;
  });
}

Result<Wire> measure_wire(Ranks& ranks) {
  Wire wire;
  if (ranks.size() == 1) return wire;
  const int to = (ranks.rank() + 1) % ranks.size(), from = (ranks.rank() + ranks.size() - 1) % ranks.size();
  std::vector<std::byte> out(kMessages * kMessage), in(out.size());
  const auto seconds_of = [&](size_t bytes, size_t messages, int rounds) -> Result<double> {
    const auto all = std::span(in).first(messages * bytes);
    PERSEA_CHECK(pass_on(ranks, to, from, bytes, out, all));
    PERSEA_CHECK(ranks.agree({}));
    const double start = wall_seconds();
    for (int i = 0; i < rounds; ++i) PERSEA_CHECK(pass_on(ranks, to, from, bytes, out, all));
    PERSEA_CHECK(ranks.agree({}));
    return (wall_seconds() - start) / rounds;
  };
  PERSEA_TRY(wire.latency, seconds_of(8, 1, kRounds));
  PERSEA_TRY(const double seconds, seconds_of(kMessage, kMessages, 1));
  wire.rate = static_cast<double>(out.size()) / seconds;
  return wire;
}

// Seconds that this rank computes for by itself, in the middle one of some steps.
struct Parts {
  double passes = 0;              // all of them
  std::vector<Json> gradients;    // when each is there: [name, elements, seconds since the passes began]
  double update = 0, adding = 0;  // an element of its shards; a number added to another
};

class Bench {
 public:
  Bench(const TrainingShape& shape, const TrainingShape::Checked& checked, Ranks& ranks)
      : checked_(checked),
        ranks_(ranks),
        model_(checked.config, 1),
        optimizer_(model_.parameters(), checked.settings, ranks.rank(), ranks.size()) {
    Random random(1);
    batch_ = random_batch(shape.batch, shape.length, checked.config.vocab, random);
  }

  Result<Parts> parts(double seconds);
  // Steps as training takes them: {seconds of a step, of these without arithmetic}.
  Result<std::pair<double, double>> whole(double seconds);
  std::vector<Parameter*> parameters() { return model_.parameters(); }

 private:
  double elements() const;
  // Whether rank 0 has measured for as long as it should.
  Result<bool> enough(size_t steps, double since, double seconds);

  const TrainingShape::Checked& checked_;
  Ranks& ranks_;
  Model model_;
  Optimizer optimizer_;
  PackedBatch batch_;
};

double Bench::elements() const {
  int64_t own = 0;
  for (const Shard& shard : optimizer_.shards()) own += shard.owner == ranks_.rank() ? shard.end - shard.begin : 0;
  return static_cast<double>(std::max<int64_t>(1, own));
}

Result<bool> Bench::enough(size_t steps, double since, double seconds) {
  PERSEA_TRY(const std::string decided,
             ranks_.broadcast(steps > 2 && wall_seconds() - since > seconds ? "enough" : "more"));
  return decided == "enough";
}

Result<Parts> Bench::parts(double seconds) {
  std::vector<double> passes, updates;
  std::vector<std::vector<double>> at;  // by gradient, of each step
  Parts parts;
  const double since = wall_seconds();
  for (size_t step = 0;; ++step) {
    PERSEA_TRY(const bool last, enough(passes.size(), since, seconds));
    if (last) break;
    size_t next = 0;
    const double start = wall_seconds();
    const auto done = [&](Parameter& parameter) {
      if (step == 0) {
        parts.gradients.push_back({parameter.name, parameter.value.count()});
        at.emplace_back();
      }
      if (step >= kWarmUp) at[next].push_back(wall_seconds() - start);
      ++next;
    };
    (void)accumulate_gradients(
        model_, batch_, share_of_rows(batch_.sequences, ranks_.rank(), ranks_.size()), checked_.passes.sequences,
        {.precision = checked_.precision, .recomputed = checked_.passes.recomputed, .gradient_done = done});
    const double passed = wall_seconds();
    const double norm = std::sqrt(optimizer_.squares());
    PERSEA_CHECK(optimizer_.apply(std::max(norm, 1e-30), 1e-3, 1));
    const double updated = wall_seconds();
    optimizer_.drop_gradients();
    if (step < kWarmUp) continue;
    passes.push_back(passed - start);
    updates.push_back(updated - passed);
  }
  for (size_t i = 0; i < at.size(); ++i) parts.gradients[i].push_back(median_of(at[i]));
  parts.passes = median_of(passes);
  parts.update = median_of(updates) / elements();
  const Tensor x = Tensor::zeros({kSum}), sum = Tensor::zeros({kSum});
  const double adding = wall_seconds();
  for (int i = 0; i < kSums; ++i) kernels::launch(kernels::Axpby{kSum, 1, x.data(), 1, sum.data()}, cpu_device);
  parts.adding = (wall_seconds() - adding) / (kSums * static_cast<double>(kSum));
  return parts;
}

Result<std::pair<double, double>> Bench::whole(double seconds) {
  RankGrid grid(ranks_, 1);
  const RankSlices slices(grid.tensor());
  SharedStep shared(model_, optimizer_, grid, slices);
  std::vector<double> times, exchanges;
  const double since = wall_seconds();
  for (size_t step = 0;; ++step) {
    PERSEA_TRY(const bool last, enough(times.size(), since, seconds));
    if (last) return std::pair(median_of(times), median_of(exchanges));
    const double start = wall_seconds();
    PERSEA_TRY(
        const std::vector<StepReport> reports,
        shared.passes(batch_, checked_.passes.sequences,
                      {.precision = checked_.precision, .recomputed = checked_.passes.recomputed}, [](StepReport&) {}));
    double squares = 0;
    for (const StepReport& report : reports) squares += report.squares;
    PERSEA_CHECK(shared.update(std::sqrt(squares), 1e-3, 1));
    for (int i = 0; i < 2; ++i)
      PERSEA_CHECK(ranks_.agree({}));  // as training agrees on its pace and on what it records
    optimizer_.drop_gradients();
    if (step < kWarmUp) continue;
    times.push_back(wall_seconds() - start);
    exchanges.push_back(shared.exchanging());
  }
}

// Who would own what of so many ranks: [parameter, elements, owner].
Json layout(const std::vector<Parameter*>& parameters, bool muon, int ranks) {
  Json shards = Json::array();
  for (const Shard& shard : share_out(parameters, muon, ranks))
    shards.push_back({shard.parameter->name, shard.end - shard.begin, shard.owner});
  return shards;
}

Result<Json> measure(const Options& options, Ranks& ranks) {
  PERSEA_TRY(const TrainingShape::Checked checked, options.shape.checked());
  if (checked.device != cpu_device) return fail("--device {}: this bench is for ranks on CPUs", options.shape.device);
  if (options.shape.batch < ranks.size())
    return fail("--batch {} leaves some of the {} ranks without a sequence", options.shape.batch, ranks.size());
  Bench bench(options.shape, checked, ranks);
  PERSEA_TRY(const Parts parts, bench.parts(options.seconds / 2));
  PERSEA_TRY(const Wire wire, measure_wire(ranks));
  PERSEA_TRY(const auto whole, bench.whole(options.seconds / 2));
  const double own[] = {parts.passes, parts.update, parts.adding, whole.first, whole.second};
  PERSEA_TRY(const std::vector<double> all, ranks.gather(own));
  const auto mean = [&](size_t which) {
    double sum = 0;
    for (size_t i = which; i < all.size(); i += std::size(own)) sum += all[i];
    return sum / ranks.size();
  };
  Json layouts = Json::object();
  const bool muon = checked.settings.kind == OptimizerSettings::Kind::muon;
  for (const int count : options.layouts) layouts[std::to_string(count)] = layout(bench.parameters(), muon, count);
  return Json{{"ranks", ranks.size()},
              {"here", ranks.here()},
              {"threads", pool().threads()},
              {"sequences", options.shape.batch},
              {"passes_seconds", mean(0)},
              {"gradients", parts.gradients},
              {"update_seconds_per_element", mean(1)},
              {"adding_seconds_per_element", mean(2)},
              {"latency_seconds", wire.latency},
              {"bytes_per_second", wire.rate},
              {"step_seconds", mean(3)},
              {"exchange_seconds", mean(4)},
              {"layouts", std::move(layouts)}};
}

int bench_ranks(const CliContext& context, const Options& options) {
  const auto joined = Ranks::of_this_job();
  if (!joined) return report(joined.error());
  Ranks& ranks = **joined;
  if (context.threads == 0) set_threads(threads_of(ranks));
  const auto measured = measure(options, ranks);
  if (!measured) return ranks.speaks() ? report(measured.error()) : 1;
  if (ranks.rank() > 0) return 0;
  const Json& m = *measured;
  if (context.json) {
    print_json(m);
    return 0;
  }
  const auto ms = [&](const char* key) { return 1e3 * m[key].get<double>(); };
  fmt::print(
      "{:.2f} ms a step of {} ranks with {} threads each: {:.2f} ms of passes, {:.2f} ms of moving and waiting\n",
      ms("step_seconds"), ranks.size(), pool().threads(), ms("passes_seconds"), ms("exchange_seconds"));
  return 0;
}

}  // namespace

void add_bench_ranks(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb = bench.add_subcommand("ranks", "A training step of several ranks (under mpirun), and its parts");
  const auto options = std::make_shared<Options>();
  add_training_shape(*verb, options->shape);
  verb->add_option("--seconds", options->seconds, "Time to measure")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  verb->add_option("--layouts", options->layouts, "Numbers of ranks to tell the shards of (with --json)")
      ->delimiter(',')
      ->check(CLI::Range(1, 65536));
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_ranks(context, *options); }; });
}

}  // namespace persea
