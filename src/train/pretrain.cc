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
#include "train/kept_pace.h"
#include "train/metrics.h"
#include "train/optimizer_settings.h"
#include "train/run_record.h"
#include "train/shared_step.h"
#include "train/straggler.h"
#include "train/training_memory.h"

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
        pace_(recipe, work, ranks_),
        checkpoints_(
            work, [this](int64_t step) { return step == 0 || pace_->checkpoint_at(step); }, ranks_),
        way_{pool().threads(), ranks_.size(), grid.tensor().size(),
             std::string(kernels::precision_name(precision_of(recipe)))},
        tensors_(training_state(*model_, optimizer_, grid.tensor().rank())) {
    flops_per_token_ = config.training_flops_per_token(settings_.sequence);
    // An interrupted job leaves a checkpoint first, and rank 0 may be long at writing it.
    ranks_.set_patience({options.patience, [this] { return interrupt_.interrupted() && !saving_; }});
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
  Status save();
  Status record(const Json& line);
  Json state() const;
  Status validated();
  void show(Progress& progress) const;
  Result<PretrainOutcome> outcome();

  bool first() const { return ranks_.rank() == 0; }
  bool finished() const { return pace_->total() > 0 && record_.step >= pace_->total(); }
  double seconds() const { return record_.prior.wall + meter_.now().wall; }

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
  KeptPace pace_;
  CheckpointStore checkpoints_;
  const RunWay way_;
  HostCopies tensors_;
  std::optional<MetricsWriter> metrics_;  // rank 0's
  InterruptGuard interrupt_;
  Meter meter_;
  StragglerWatch stragglers_;

  PassPlan passes_;
  RunRecord record_;
  double validation_seconds_ = 0;
  double others_cpu_ = 0;  // seconds of the other ranks in this session
  bool resumed_ = false, interrupted_ = false, saving_ = false;

  double peak_gflops_ = 0, flops_per_token_ = 0;  // of all ranks
  Average rate_, loss_;
  Validation validation_;
};

Json Run::state() const {
  Usage session = meter_.now();
  session.cpu += others_cpu_;
  if (ranks_.here() < ranks_.size()) session.joules.reset();  // those of other machines are not known
  Json state = record_.json(session);
  way_.add_to(state);
  state["optimizer_steps"] = optimizer_.steps();
  state["guard"] = guard_.state();
  return state;
}

Status Run::save() {
  PERSEA_CHECK(ranks_.agree(metrics_ ? metrics_->sync() : Status()));
  tensors_.fetch();
  saving_ = true;
  const Status saved = checkpoints_.save(record_.step, state(), tensors_.on_host());
  saving_ = false;
  return saved;
}

// A line of metrics.jsonl; an error reaches the other ranks where all agree on something next.
Status Run::record(const Json& line) { return metrics_ ? metrics_->append(line) : Status(); }

Status Run::validated() {
  const double start = wall_seconds();
  PERSEA_TRY(validation_, validate(*model_, data_, passes_.validation_sequences, ranks_, grid_.tensor().size()));
  validation_seconds_ = wall_seconds() - start;
  return {};
}

Status Run::begin() {
  PERSEA_TRY(passes_, agree_on_passes(recipe_, model_->config(), ranks_, grid_.tensor().size(), quiet_));
  const double peak = kernels::launch(kernels::MatrixPeak{precision_of(recipe_), kPeakSeconds}, recipe_.device);
  PERSEA_TRY(const std::vector<double> peaks, ranks_.gather({&peak, 1}));
  for (const double each : peaks) peak_gflops_ += each;

  PERSEA_CHECK(pace_.open());
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
    return ranks_.agree(open_metrics(record_.tokens));
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
  record_.start_seconds = seconds();  // for a run that goes on from this very checkpoint
  PERSEA_CHECK(save());               // so that there is always one to roll back to, and a full disk shows at once
  record_.start_seconds = seconds();  // and for this one, whose first step begins now
  return {};
}

Status Run::resume(const Json& state) {
  try {
    record_.restore(state);
    optimizer_.set_steps(state.at("optimizer_steps").get<int64_t>());
    PERSEA_CHECK(guard_.set_state(state.at("guard")));
    for (const auto& [warning, line] : way_.changes_since(state)) {
      if (warning && first()) log_warning("{}", line);
      if (!warning && !quiet_) log_info("{}", line);
    }
  } catch (const Json::exception& error) {
    return fail("{}: a checkpoint of another version: remove it to start afresh", work_.string());
  }
  resumed_ = true;
  if (!quiet_) log_info("going on from step {}", record_.step);
  return {};
}

// `loading`: seconds that the batch took, which hold the others up like any.
Result<std::vector<StepReport>> Run::run_passes(const PackedBatch& batch, int64_t number, double loading) {
  const Model::LossOptions options{.dropout = settings_.dropout,
                                   .dropout_seed = hash64(fmt::format("{}/{}", settings_.seed, number)),
                                   .precision = precision_of(recipe_),
                                   .recomputed = passes_.recomputed};
  return shared_.passes(batch, passes_.sequences, options, [this, loading](StepReport& own) {
    own.compute += loading;
    own.cpu = meter_.now().cpu;
    own.interrupted = interrupt_.interrupted() ? 1 : 0;
    own.seconds = seconds();
    own.start = record_.start_seconds;
    own.validation = validation_seconds_;
  });
}

Status Run::one_step() {
  const double start = wall_seconds();
  const int64_t number = record_.number++;
  const PackedBatch batch = data_.batch(number);
  PERSEA_TRY(const std::vector<StepReport> reports, run_passes(batch, number, wall_seconds() - start));
  const int64_t tokens = int64_t{batch.sequences} * batch.length;
  record_.tokens += tokens;
  double loss = 0, squares = 0;
  others_cpu_ = 0;
  for (const StepReport& report : reports) {
    loss += report.loss;
    squares += report.squares;
    interrupted_ = interrupted_ || report.interrupted != 0;
    others_cpu_ += &report == &reports[0] ? 0 : report.cpu;
  }
  loss /= static_cast<double>(std::max<int64_t>(1, count_targets(batch)));
  record_.start_seconds = reports[0].start;
  validation_seconds_ = reports[0].validation;

  SpikeGuard::Verdict verdict = guard_.judge(loss);
  const double scale = schedule_of(settings_, *pace_).scale(record_.step), norm = std::sqrt(squares);
  if (verdict == SpikeGuard::Verdict::accept) {
    if (std::isfinite(norm))
      PERSEA_CHECK(shared_.update(norm, scale, settings_.clip));
    else
      verdict = guard_.judge(loss, false);
  }
  optimizer_.drop_gradients();
  if (verdict != SpikeGuard::Verdict::accept) return skipped(verdict, loss, number);

  ++record_.step;
  const double rate = static_cast<double>(tokens) / (wall_seconds() - start);
  const double mfu = rate * flops_per_token_ / (peak_gflops_ * 1e9);
  rate_.add(rate);
  loss_.add(loss);
  PERSEA_CHECK(
      ranks_.agree(pace_.settle(record_.step, reports[0].seconds, record_.start_seconds, validation_seconds_)));
  Json line = {{"step", record_.step},
               {"tokens", record_.tokens},
               {"loss", loss},
               {"lr", settings_.lr * scale},
               {"grad_norm", norm},
               {"tokens_per_second", std::round(rate)},
               {"mfu", std::round(mfu * 1e4) / 1e4}};
  if (ranks_.size() > 1) line["exchange_seconds"] = std::round(shared_.exchanging() * 1e6) / 1e6;
  if (!data_.validation.empty() && (pace_->eval_at(record_.step) || finished())) {
    PERSEA_CHECK(validated());
    line["valid_loss"] = validation_.loss;
    line["bits_per_byte"] = validation_.bits_per_byte;
  }
  line["seconds"] = std::round(seconds() * 1e3) / 1e3;
  const Status recorded = record(line);
  PERSEA_CHECK(ranks_.agree(recorded ? name_stragglers(reports) : recorded));
  if (pace_->checkpoint_at(record_.step) && !finished()) PERSEA_CHECK(save());
  return {};
}

Status Run::name_stragglers(const std::vector<StepReport>& reports) {
  if (!first()) return {};
  std::vector<double> seconds;
  for (const StepReport& report : reports) seconds.push_back(report.compute);
  for (const auto& [rank, times] : stragglers_.hear(seconds)) {
    log_warning("rank {} holds the others up: its passes take {:.1f} times as long as theirs", rank, times);
    PERSEA_CHECK(record({{"step", record_.step},
                         {"event", "straggler"},
                         {"rank", rank},
                         {"times", times},
                         {"tokens", record_.tokens}}));
  }
  return {};
}

Status Run::skipped(SpikeGuard::Verdict verdict, double loss, int64_t number) {
  ++record_.skipped;
  Json line = {
      {"step", record_.step}, {"event", "skip"}, {"batch", number}, {"tokens", record_.tokens}, {"seconds", seconds()}};
  line["loss"] = std::isfinite(loss) ? Json(loss) : Json();
  PERSEA_CHECK(ranks_.agree(record(line)));
  if (first()) log_warning("step {}: the loss of batch {} is {:.4g}: skipped", record_.step + 1, number, loss);
  if (verdict == SpikeGuard::Verdict::skip) return {};
  if (verdict == SpikeGuard::Verdict::give_up) {
    return fail("step {}: the loss is no number, again after {} rollbacks: lower pretrain.lr or pretrain.muon_lr",
                record_.step + 1, guard_.rollbacks());
  }
  return roll_back(record_.step);
}

Status Run::roll_back(int64_t from) {
  PERSEA_TRY(const auto loaded, checkpoints_.load(tensors_.on_host(), true));
  if (!loaded) return fail("step {}: the loss is unstable and no checkpoint is there to return to", from + 1);
  tensors_.put();
  model_->weights_changed();
  record_.step = loaded->state.at("step").get<int64_t>();  // the batches since then stay behind
  optimizer_.set_steps(loaded->state.at("optimizer_steps").get<int64_t>());
  PERSEA_CHECK(guard_.restore(loaded->state.at("guard")));
  if (first())
    log_warning("step {}: the loss is unstable: back to the checkpoint of step {}, with other batches", from + 1,
                record_.step);
  PERSEA_CHECK(ranks_.agree(record({{"step", record_.step},
                                    {"event", "rollback"},
                                    {"from", from},
                                    {"tokens", record_.tokens},
                                    {"seconds", seconds()}})));
  // In this order a kill in between only repeats the return, to the same bits.
  checkpoints_.drop_after(record_.step);
  PERSEA_CHECK(save());
  return {};
}

void Run::show(Progress& progress) const {
  const double done =
      settings_.minutes > 0 ? std::min(seconds(), settings_.minutes * 60) : static_cast<double>(record_.step);
  std::string note = fmt::format("step {}", record_.step);
  if (!loss_.empty) note += fmt::format(" · loss {:.3f} · {} tok/s", loss_.value, format_count(rate_.value));
  if (validation_.tokens > 0) note += fmt::format(" · valid {:.3f}", validation_.loss);
  progress.update(done, note);
}

Result<PretrainOutcome> Run::run() {
  PERSEA_CHECK(begin());
  Progress progress("pretrain", settings_.minutes > 0 ? settings_.minutes * 60 : static_cast<double>(pace_->total()),
                    quiet_);
  while (!finished()) {
    PERSEA_CHECK(one_step());
    show(progress);
    if (interrupted_ && !finished()) {
      PERSEA_CHECK(save());
      return fail("interrupted after step {}: its checkpoint is kept, and the same command goes on from there",
                  record_.step);
    }
  }
  if (validation_.tokens == 0 && !data_.validation.empty()) PERSEA_CHECK(validated());  // resumed behind the last step
  return outcome();
}

Result<PretrainOutcome> Run::outcome() {
  PretrainOutcome outcome;
  outcome.steps = record_.step;
  outcome.tokens = record_.tokens;
  outcome.loss = loss_.value;
  outcome.validation = validation_;
  outcome.seconds = seconds();
  outcome.tokens_per_second = static_cast<double>(record_.tokens) / outcome.seconds;
  outcome.peak_gflops = peak_gflops_;
  outcome.mfu = outcome.tokens_per_second * flops_per_token_ / (peak_gflops_ * 1e9);
  outcome.skipped = record_.skipped;
  outcome.rollbacks = guard_.rollbacks();
  outcome.recomputed = passes_.recomputed;
  outcome.resumed = resumed_;
  outcome.prior = record_.prior;
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
