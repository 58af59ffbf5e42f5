#include "train/pretrain.h"

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/threads.h"
#include "kernels/launch.h"
#include "kernels/peak.h"
#include "train/checkpoint.h"
#include "train/gather_model.h"
#include "train/guard.h"
#include "train/host_copies.h"
#include "train/interrupt.h"
#include "train/metrics.h"
#include "train/optimizer_settings.h"
#include "train/schedule.h"
#include "train/shared_step.h"
#include "train/straggler.h"

namespace persea {
namespace {

constexpr double kPeakSeconds = 0.2;  // spent on measuring the machine's peak, for the MFU
constexpr double kSmoothing = 0.15;   // weight of the newest step in the rate and the loss that are shown

// A fresh model, its weights made on the CPU: the same from the same seed wherever it runs.
std::unique_ptr<Model> model_on(Device device, const ModelConfig& config, uint64_t seed, SliceGroup& slices) {
  auto model = std::make_unique<Model>(config, seed, &slices);
  model->to(device);
  return model;
}

// An average that forgets.
struct Average {
  double value = 0;
  bool empty = true;
  void add(double x) { value = std::exchange(empty, false) ? x : value + kSmoothing * (x - value); }
};

// One run. What changes from step to step and decides what comes after is in the tensors and in state(); the rest is
// for show. All ranks walk through it side by side: what they decide follows from the batches' numbers, the reports of
// all of them and rank 0's files, never from what one rank alone sees.
class Run {
 public:
  Run(const Recipe& recipe, const ModelConfig& config, const PretrainData& data, const fs::path& work, RankGrid& grid,
      RankSlices& slices, const PretrainOptions& options)
      : recipe_(recipe),
        settings_(recipe.pretrain),
        data_(data),
        work_(work),
        grid_(grid),
        ranks_(grid.world()),
        quiet_(options.quiet || ranks_.rank() > 0),
        model_(model_on(recipe.device, config, static_cast<uint64_t>(settings_.seed), slices)),
        optimizer_(model_->parameters(), model_->slices(), optimizer_settings(recipe), grid),
        shared_(*model_, optimizer_, grid, slices),
        guard_({settings_.spike_deviations, settings_.spike_patience, settings_.rollbacks}),
        checkpoints_(
            work, [this](int64_t step) { return step == 0 || pace_.checkpoint_at(step); }, ranks_),
        tensors_(training_state(*model_, optimizer_, grid.tensor().rank())) {
    flops_per_token_ = config.training_flops_per_token(settings_.sequence);
    ranks_.set_patience({options.patience, [this] { return interrupt_.interrupted(); }});
  }
  ~Run() { ranks_.set_patience({}); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  Result<PretrainOutcome> run();

 private:
  Status begin();
  Status resume(const Json& state);
  Status one_step();
  Result<std::vector<StepReport>> run_passes(const PackedBatch& batch, int64_t number, double loading);
  Status skipped(SpikeGuard::Verdict verdict, double loss, int64_t number);
  Status roll_back(int64_t from);
  Status name_stragglers(const std::vector<StepReport>& reports);
  Status settle_pace(double now);
  Status save();
  Status record(const Json& line);
  void restore(const Json& state);
  Json state() const;
  Status validated();
  void show(Progress& progress) const;
  Result<PretrainOutcome> outcome();

  bool first() const { return ranks_.rank() == 0; }
  bool finished() const { return pace_.total() > 0 && step_ >= pace_.total(); }
  double seconds() const { return seconds_before_ + meter_.now().wall; }

  const Recipe& recipe_;
  const PretrainRecipe& settings_;
  const PretrainData& data_;
  const fs::path work_;
  RankGrid& grid_;
  Ranks& ranks_;
  const bool quiet_;
  std::unique_ptr<Model> model_;
  Optimizer optimizer_;
  SharedStep shared_;
  SpikeGuard guard_;
  CheckpointStore checkpoints_;
  HostCopies tensors_;
  Pace pace_;
  std::optional<MetricsWriter> metrics_;  // rank 0's
  InterruptGuard interrupt_;
  Meter meter_;
  StragglerWatch stragglers_;

  int64_t step_ = 0;    // optimizer steps done, of the run's plan
  int64_t number_ = 0;  // of the next batch: ahead of step_ by the batches that were skipped
  int64_t tokens_ = 0, skipped_ = 0;
  double seconds_before_ = 0;  // of earlier sessions, up to the checkpoint
  double start_seconds_ = 0;   // before the first step: the first validation and checkpoint
  double validation_seconds_ = 0;
  Usage prior_;
  double others_cpu_ = 0;  // seconds of the other ranks in this session
  bool resumed_ = false, interrupted_ = false;

  double peak_gflops_ = 0, flops_per_token_ = 0;  // of all ranks
  Average rate_, loss_;
  Validation validation_;
};

Json Run::state() const {
  const Usage usage = meter_.now();
  Json state = {{"step", step_},
                {"number", number_},
                {"tokens", tokens_},
                {"skipped", skipped_},
                {"optimizer_steps", optimizer_.steps()},
                {"guard", guard_.state()},
                {"seconds", seconds()},
                {"start_seconds", start_seconds_},
                {"cpu_seconds", prior_.cpu + usage.cpu + others_cpu_},
                {"threads", pool().threads()},
                {"ranks", ranks_.size()},
                {"tensor_parallel", grid_.tensor().size()},
                {"precision", precision_name(precision_of(recipe_))}};
  if (usage.joules) state["joules"] = prior_.joules.value_or(0) + *usage.joules;
  return state;
}

void Run::restore(const Json& state) {
  state.at("step").get_to(step_);
  state.at("number").get_to(number_);
  state.at("tokens").get_to(tokens_);
  state.at("skipped").get_to(skipped_);
  optimizer_.set_steps(state.at("optimizer_steps").get<int64_t>());
}

Status Run::save() {
  PERSEA_CHECK(ranks_.agree(metrics_ ? metrics_->sync() : Status()));
  tensors_.fetch();
  return checkpoints_.save(step_, state(), tensors_.on_host());
}

// A line of metrics.jsonl; an error reaches the other ranks where all agree on something next.
Status Run::record(const Json& line) { return metrics_ ? metrics_->append(line) : Status(); }

Status Run::validated() {
  const double start = wall_seconds();
  PERSEA_TRY(validation_, validate(*model_, data_, recipe_.micro_sequences(), ranks_, grid_.tensor().size()));
  validation_seconds_ = wall_seconds() - start;
  return {};
}

Status Run::begin() {
  const double peak = kernels::launch(kernels::MatrixPeak{precision_of(recipe_), kPeakSeconds}, recipe_.device);
  PERSEA_TRY(const std::vector<double> peaks, ranks_.gather({&peak, 1}));
  for (const double each : peaks) peak_gflops_ += each;

  const fs::path pace_file = work_ / "pace.json";
  const auto written = first() && fs::exists(pace_file) ? read_file(pace_file) : Result<std::string>(std::string());
  PERSEA_CHECK(ranks_.agree(written ? Status() : written.error()));
  PERSEA_TRY(const std::string decided, ranks_.broadcast(*written));
  if (!decided.empty()) {
    PERSEA_TRY(const Json value, parse_json(decided, pace_file.string()));
    PERSEA_TRY(pace_, Pace::from_json(value, pace_file.string()));
  } else if (const int64_t total = budgeted_steps(recipe_); total > 0) {
    pace_ = pace_of(settings_, total, true);
  }

  const auto open_metrics = [&](int64_t last_tokens) -> Status {
    if (!first()) return {};
    PERSEA_TRY(metrics_, MetricsWriter::open(work_ / "metrics.jsonl", last_tokens));
    return {};
  };
  PERSEA_TRY(auto loaded, checkpoints_.load(tensors_.on_host()));
  if (loaded) {
    tensors_.put();
    model_->weights_changed();
    PERSEA_CHECK(resume(loaded->state));
    return ranks_.agree(open_metrics(tokens_));
  }
  PERSEA_CHECK(ranks_.agree(open_metrics(-1)));
  if (!data_.validation.empty()) {
    PERSEA_CHECK(validated());
    PERSEA_CHECK(ranks_.agree(record({{"step", 0},
                                      {"tokens", 0},
                                      {"seconds", seconds()},
                                      {"valid_loss", validation_.loss},
                                      {"bits_per_byte", validation_.bits_per_byte}})));
  }
  start_seconds_ = seconds();  // for a run that goes on from this very checkpoint
  PERSEA_CHECK(save());        // so that there is always one to roll back to, and a full disk shows at once
  start_seconds_ = seconds();  // and for this one, whose first step begins now
  return {};
}

Status Run::resume(const Json& state) {
  try {
    restore(state);
    PERSEA_CHECK(guard_.set_state(state.at("guard")));
    state.at("seconds").get_to(seconds_before_);
    state.at("start_seconds").get_to(start_seconds_);
    prior_.wall = seconds_before_;
    state.at("cpu_seconds").get_to(prior_.cpu);
    if (state.contains("joules")) prior_.joules = state["joules"].get<double>();
    const std::string_view precision = precision_name(precision_of(recipe_));
    const std::string before = state.at("precision");
    if (first() && before != precision)
      log_warning("this run began with products of {} and goes on with {}: its bits will differ", before, precision);
    const auto layout = [](int ranks, int tensor) {
      return tensor == 1 ? fmt::format("{}", ranks) : fmt::format("{} x {}", ranks / tensor, tensor);
    };
    const std::string began = layout(state.value("ranks", 1), state.value("tensor_parallel", 1));
    const std::string goes_on = layout(ranks_.size(), grid_.tensor().size());
    if (!quiet_ && began != goes_on)
      log_info("begun by {} ranks, gone on with by {}: its last bits will differ", began, goes_on);
  } catch (const Json::exception& error) {
    return fail("{}: a checkpoint of another version: remove it to start afresh", work_.string());
  }
  resumed_ = true;
  if (!quiet_) log_info("going on from step {}", step_);
  return {};
}

// Where the budget is in minutes: what rank 0's clock decides. It is on the disk before it acts.
Status Run::settle_pace(double now) {
  if (!pace_now(settings_, step_, now, start_seconds_, validation_seconds_, pace_) || !first()) return {};
  return write_file(work_ / "pace.json", canonical_json(pace_.json()) + '\n');
}

// `loading`: seconds that the batch took, which hold the others up like any.
Result<std::vector<StepReport>> Run::run_passes(const PackedBatch& batch, int64_t number, double loading) {
  const Model::LossOptions options{.dropout = settings_.dropout,
                                   .dropout_seed = hash64(fmt::format("{}/{}", settings_.seed, number)),
                                   .precision = precision_of(recipe_)};
  return shared_.passes(batch, recipe_.micro_sequences(), options, [this, loading](StepReport& own) {
    own.compute += loading;
    own.cpu = meter_.now().cpu;
    own.interrupted = interrupt_.interrupted() ? 1 : 0;
    own.seconds = seconds();
    own.start = start_seconds_;
    own.validation = validation_seconds_;
  });
}

Status Run::one_step() {
  const double start = wall_seconds();
  const int64_t number = number_++;
  const PackedBatch batch = data_.batch(number);
  PERSEA_TRY(const std::vector<StepReport> reports, run_passes(batch, number, wall_seconds() - start));
  const int64_t tokens = int64_t{batch.sequences} * batch.length;
  tokens_ += tokens;
  double loss = 0, squares = 0;
  others_cpu_ = 0;
  for (const StepReport& report : reports) {
    loss += report.loss;
    squares += report.squares;
    interrupted_ = interrupted_ || report.interrupted != 0;
    others_cpu_ += &report == &reports[0] ? 0 : report.cpu;
  }
  loss /= static_cast<double>(std::max<int64_t>(1, count_targets(batch)));
  start_seconds_ = reports[0].start;
  validation_seconds_ = reports[0].validation;

  SpikeGuard::Verdict verdict = guard_.judge(loss);
  const double scale = schedule_of(settings_, pace_).scale(step_), norm = std::sqrt(squares);
  if (verdict == SpikeGuard::Verdict::accept) {
    if (std::isfinite(norm))
      PERSEA_CHECK(shared_.update(norm, scale, settings_.clip));
    else
      verdict = guard_.judge(loss, false);
  }
  optimizer_.drop_gradients();
  if (verdict != SpikeGuard::Verdict::accept) return skipped(verdict, loss, number);

  ++step_;
  const double rate = static_cast<double>(tokens) / (wall_seconds() - start);
  const double mfu = rate * flops_per_token_ / (peak_gflops_ * 1e9);
  rate_.add(rate);
  loss_.add(loss);
  PERSEA_CHECK(ranks_.agree(settle_pace(reports[0].seconds)));
  Json line = {{"step", step_},
               {"tokens", tokens_},
               {"loss", loss},
               {"lr", settings_.lr * scale},
               {"grad_norm", norm},
               {"tokens_per_second", std::round(rate)},
               {"mfu", std::round(mfu * 1e4) / 1e4}};
  if (ranks_.size() > 1) line["exchange_seconds"] = std::round(shared_.exchanging() * 1e6) / 1e6;
  if (!data_.validation.empty() && (pace_.eval_at(step_) || finished())) {
    PERSEA_CHECK(validated());
    line["valid_loss"] = validation_.loss;
    line["bits_per_byte"] = validation_.bits_per_byte;
  }
  line["seconds"] = std::round(seconds() * 1e3) / 1e3;
  const Status recorded = record(line);
  PERSEA_CHECK(ranks_.agree(recorded ? name_stragglers(reports) : recorded));
  if (pace_.checkpoint_at(step_) && !finished()) PERSEA_CHECK(save());
  return {};
}

Status Run::name_stragglers(const std::vector<StepReport>& reports) {
  if (!first()) return {};
  std::vector<double> seconds;
  for (const StepReport& report : reports) seconds.push_back(report.compute);
  for (const auto& [rank, times] : stragglers_.hear(seconds)) {
    log_warning("rank {} holds the others up: its passes take {:.1f} times as long as theirs", rank, times);
    PERSEA_CHECK(
        record({{"step", step_}, {"event", "straggler"}, {"rank", rank}, {"times", times}, {"tokens", tokens_}}));
  }
  return {};
}

Status Run::skipped(SpikeGuard::Verdict verdict, double loss, int64_t number) {
  ++skipped_;
  Json line = {{"step", step_}, {"event", "skip"}, {"batch", number}, {"tokens", tokens_}, {"seconds", seconds()}};
  line["loss"] = std::isfinite(loss) ? Json(loss) : Json();
  PERSEA_CHECK(ranks_.agree(record(line)));
  if (first()) log_warning("step {}: the loss of batch {} is {:.4g}: skipped", step_ + 1, number, loss);
  if (verdict == SpikeGuard::Verdict::skip) return {};
  if (verdict == SpikeGuard::Verdict::give_up) {
    return fail("step {}: the loss is no number, again after {} rollbacks: lower pretrain.lr or pretrain.muon_lr",
                step_ + 1, guard_.rollbacks());
  }
  return roll_back(step_);
}

Status Run::roll_back(int64_t from) {
  PERSEA_TRY(const auto loaded, checkpoints_.load(tensors_.on_host(), true));
  if (!loaded) return fail("step {}: the loss is unstable and no checkpoint is there to return to", from + 1);
  tensors_.put();
  model_->weights_changed();
  const int64_t number = number_, tokens = tokens_, skipped = skipped_;
  restore(loaded->state);
  PERSEA_CHECK(guard_.restore(loaded->state.at("guard")));
  number_ = number;  // the batches since then stay behind
  tokens_ = tokens;
  skipped_ = skipped;
  if (first())
    log_warning("step {}: the loss is unstable: back to the checkpoint of step {}, with other batches", from + 1,
                step_);
  PERSEA_CHECK(ranks_.agree(
      record({{"step", step_}, {"event", "rollback"}, {"from", from}, {"tokens", tokens_}, {"seconds", seconds()}})));
  // In this order a kill in between only repeats the return, to the same bits.
  checkpoints_.drop_after(step_);
  PERSEA_CHECK(save());
  return {};
}

void Run::show(Progress& progress) const {
  const double done = settings_.minutes > 0 ? std::min(seconds(), settings_.minutes * 60) : static_cast<double>(step_);
  std::string note = fmt::format("step {}", step_);
  if (!loss_.empty) note += fmt::format(" · loss {:.3f} · {} tok/s", loss_.value, format_count(rate_.value));
  if (validation_.tokens > 0) note += fmt::format(" · valid {:.3f}", validation_.loss);
  progress.update(done, note);
}

Result<PretrainOutcome> Run::run() {
  PERSEA_CHECK(begin());
  Progress progress("pretrain", settings_.minutes > 0 ? settings_.minutes * 60 : static_cast<double>(pace_.total()),
                    quiet_);
  while (!finished()) {
    PERSEA_CHECK(one_step());
    show(progress);
    if (interrupted_ && !finished()) {
      PERSEA_CHECK(save());
      return fail("interrupted after step {}: its checkpoint is kept, and the same command goes on from there", step_);
    }
  }
  if (validation_.tokens == 0 && !data_.validation.empty()) PERSEA_CHECK(validated());  // resumed behind the last step
  return outcome();
}

Result<PretrainOutcome> Run::outcome() {
  PretrainOutcome outcome;
  outcome.steps = step_;
  outcome.tokens = tokens_;
  outcome.loss = loss_.value;
  outcome.validation = validation_;
  outcome.seconds = seconds();
  outcome.tokens_per_second = static_cast<double>(tokens_) / outcome.seconds;
  outcome.peak_gflops = peak_gflops_;
  outcome.mfu = outcome.tokens_per_second * flops_per_token_ / (peak_gflops_ * 1e9);
  outcome.skipped = skipped_;
  outcome.rollbacks = guard_.rollbacks();
  outcome.resumed = resumed_;
  outcome.prior = prior_;
  outcome.prior.cpu += others_cpu_;
  model_->to(cpu_device);  // whoever looks at it next does so there
  outcome.model = std::move(model_);
  return outcome;
}

}  // namespace

Result<PretrainOutcome> pretrain(const Recipe& recipe, const ModelConfig& config, const PretrainData& data,
                                 const fs::path& work, const PretrainOptions& options) {
  RankGrid grid(options.ranks, options.tensor_parallel);
  RankSlices slices(grid.tensor());
  auto outcome = Run(recipe, config, data, work, grid, slices, options).run();
  if (outcome && options.tensor_parallel > 1) {
    options.ranks.set_patience({options.patience});
    auto whole = gather_model(*outcome->model, grid);
    options.ranks.set_patience({});
    if (whole)
      outcome->model = std::move(*whole);
    else
      outcome = whole.error();
  }
  if (!outcome && options.ranks.broken())
    return fail("{}: the job ends, and the same command goes on from its last checkpoint", outcome.error().message);
  return outcome;
}

}  // namespace persea
