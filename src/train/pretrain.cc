#include "train/pretrain.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/threads.h"
#include "kernels/launch.h"
#include "kernels/peak.h"
#include "train/checkpoint.h"
#include "train/guard.h"
#include "train/host_copies.h"
#include "train/interrupt.h"
#include "train/metrics.h"
#include "train/schedule.h"

namespace persea {
namespace {

constexpr double kPeakSeconds = 0.2;  // spent on measuring the machine's peak, for the MFU
constexpr int64_t kPaceSteps = 20;    // steps that show the pace of a run with a budget in minutes
constexpr double kSmoothing = 0.15;   // weight of the newest step in the rate and the loss that are shown

// A fresh model, its weights made on the CPU: the same from the same seed wherever it runs.
std::unique_ptr<Model> model_on(Device device, const ModelConfig& config, uint64_t seed) {
  auto model = std::make_unique<Model>(config, seed);
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
// for show.
class Run {
 public:
  Run(const Recipe& recipe, const ModelConfig& config, const PretrainData& data, const fs::path& work, bool quiet)
      : recipe_(recipe),
        settings_(recipe.pretrain),
        data_(data),
        work_(work),
        quiet_(quiet),
        model_(model_on(recipe.device, config, static_cast<uint64_t>(settings_.seed))),
        optimizer_(model_->parameters(), optimizer_settings(recipe)),
        guard_({settings_.spike_deviations, settings_.spike_patience, settings_.rollbacks}),
        checkpoints_(work, [this](int64_t step) { return step == 0 || pace_.checkpoint_at(step); }) {
    NamedTensors tensors;
    for (Parameter* parameter : model_->parameters()) tensors.emplace_back(parameter->name, parameter->value);
    for (auto& entry : optimizer_.state()) tensors.push_back(std::move(entry));
    tensors_ = HostCopies(std::move(tensors));
    flops_per_token_ = config.training_flops_per_token(settings_.sequence);
  }

  Result<PretrainOutcome> run();

 private:
  Status begin();
  Status one_step();
  Status skipped(SpikeGuard::Verdict verdict, double loss, int64_t number);
  Status roll_back(int64_t from);
  Status settle_pace();
  Status save();
  void restore(const Json& state);
  Json state() const;
  Validation validated();
  void show(Progress& progress) const;

  bool finished() const { return pace_.total() > 0 && step_ >= pace_.total(); }
  double seconds() const { return seconds_before_ + meter_.now().wall; }

  const Recipe& recipe_;
  const PretrainRecipe& settings_;
  const PretrainData& data_;
  const fs::path work_;
  const bool quiet_;
  std::unique_ptr<Model> model_;
  Optimizer optimizer_;
  SpikeGuard guard_;
  CheckpointStore checkpoints_;
  HostCopies tensors_;
  Pace pace_;
  std::optional<MetricsWriter> metrics_;
  InterruptGuard interrupt_;
  Meter meter_;

  int64_t step_ = 0;    // optimizer steps done, of the run's plan
  int64_t number_ = 0;  // of the next batch: ahead of step_ by the batches that were skipped
  int64_t tokens_ = 0, skipped_ = 0;
  double seconds_before_ = 0;  // of earlier sessions, up to the checkpoint
  double start_seconds_ = 0;   // before the first step: the first validation and checkpoint
  double validation_seconds_ = 0;
  Usage prior_;
  bool resumed_ = false;

  double peak_gflops_ = 0, flops_per_token_ = 0;
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
                {"cpu_seconds", prior_.cpu + usage.cpu},
                {"threads", pool().threads()},
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
  PERSEA_CHECK(metrics_->sync());
  tensors_.fetch();
  return checkpoints_.save(step_, state(), tensors_.on_host());
}

Validation Run::validated() {
  const double start = wall_seconds();
  validation_ = validate(*model_, data_, recipe_.micro_sequences());
  validation_seconds_ = wall_seconds() - start;
  return validation_;
}

Status Run::begin() {
  peak_gflops_ = kernels::launch(kernels::MatrixPeak{precision_of(recipe_), kPeakSeconds}, recipe_.device);
  const fs::path pace_file = work_ / "pace.json";
  if (fs::exists(pace_file)) {
    PERSEA_TRY(const Json value, read_json(pace_file));
    PERSEA_TRY(pace_, Pace::from_json(value, pace_file.string()));
  } else if (const int64_t total = budgeted_steps(recipe_); total > 0) {
    pace_ = pace_of(settings_, total, true);
  }

  PERSEA_TRY(auto loaded, checkpoints_.load(tensors_.on_host()));
  if (loaded) {
    tensors_.put();
    const Json& state = loaded->state;
    try {
      restore(state);
      PERSEA_CHECK(guard_.set_state(state.at("guard")));
      state.at("seconds").get_to(seconds_before_);
      state.at("start_seconds").get_to(start_seconds_);
      prior_.wall = seconds_before_;
      state.at("cpu_seconds").get_to(prior_.cpu);
      if (state.contains("joules")) prior_.joules = state["joules"].get<double>();
      const std::string_view precision = precision_name(precision_of(recipe_));
      if (const std::string before = state.at("precision"); before != precision) {
        log_warning("this run began with products of {} and goes on with {}: its bits will differ", before, precision);
      }
    } catch (const Json::exception& error) {
      return fail("{}: a checkpoint of another version: remove it to start afresh", work_.string());
    }
    resumed_ = true;
    if (!quiet_) log_info("going on from step {}", step_);
    PERSEA_TRY(metrics_, MetricsWriter::open(work_ / "metrics.jsonl", tokens_));
    return {};
  }
  PERSEA_TRY(metrics_, MetricsWriter::open(work_ / "metrics.jsonl", -1));
  if (!data_.validation.empty()) {
    const Validation v = validated();
    PERSEA_CHECK(metrics_->append({{"step", 0},
                                   {"tokens", 0},
                                   {"seconds", seconds()},
                                   {"valid_loss", v.loss},
                                   {"bits_per_byte", v.bits_per_byte}}));
  }
  start_seconds_ = seconds();  // for a run that goes on from this very checkpoint
  PERSEA_CHECK(save());        // so that there is always one to roll back to, and a full disk shows at once
  start_seconds_ = seconds();  // and for this one, whose first step begins now
  return {};
}

// Where the budget is in minutes: settles the intervals once the pace shows, the length once the decay is due, and the
// length again at each checkpoint from there on. Each is on the disk before it acts.
Status Run::settle_pace() {
  if (settings_.minutes <= 0 || step_ == 0) return {};
  const bool decays = pace_.total() > 0;
  if (decays && (!pace_.checkpoint_at(step_) || step_ <= pace_.decays.back().from || finished())) return {};
  const double now = seconds(), seconds_per_step = (now - start_seconds_) / static_cast<double>(step_);
  const bool due = decays || decay_due(settings_, step_, now);
  if (pace_.checkpoint_every == 0 && (step_ >= kPaceSteps || due)) {
    const auto estimate = static_cast<int64_t>(settings_.minutes * 60 / seconds_per_step);
    pace_ = pace_of(settings_, estimate, false);
    pace_.since = step_ + 1;
  } else if (!due) {
    return {};
  }
  if (due) decide_length(settings_, step_, now, seconds_per_step, validation_seconds_, pace_);
  return write_file(work_ / "pace.json", canonical_json(pace_.json()) + '\n');
}

Status Run::one_step() {
  const double start = wall_seconds();
  const int64_t number = number_++;
  const PackedBatch batch = data_.batch(number);
  const double loss = accumulate_gradients(*model_, batch, recipe_.micro_sequences(),
                                           {.dropout = settings_.dropout,
                                            .dropout_seed = hash64(fmt::format("{}/{}", settings_.seed, number)),
                                            .precision = precision_of(recipe_)});
  const int64_t tokens = int64_t{batch.sequences} * batch.length;
  tokens_ += tokens;

  SpikeGuard::Verdict verdict = guard_.judge(loss);
  const double scale = schedule_of(settings_, pace_).scale(step_);
  double norm = 0;
  if (verdict == SpikeGuard::Verdict::accept) {
    norm = optimizer_.step(scale, settings_.clip);
    if (!std::isfinite(norm)) verdict = guard_.judge(loss, false);
  } else {
    optimizer_.drop_gradients();
  }
  if (verdict != SpikeGuard::Verdict::accept) return skipped(verdict, loss, number);

  ++step_;
  const double rate = static_cast<double>(tokens) / (wall_seconds() - start);
  const double mfu = rate * flops_per_token_ / (peak_gflops_ * 1e9);
  rate_.add(rate);
  loss_.add(loss);
  PERSEA_CHECK(settle_pace());
  Json line = {{"step", step_},
               {"tokens", tokens_},
               {"loss", loss},
               {"lr", settings_.lr * scale},
               {"grad_norm", norm},
               {"tokens_per_second", std::round(rate)},
               {"mfu", std::round(mfu * 1e4) / 1e4}};
  if (!data_.validation.empty() && (pace_.eval_at(step_) || finished())) {
    const Validation v = validated();
    line["valid_loss"] = v.loss;
    line["bits_per_byte"] = v.bits_per_byte;
  }
  line["seconds"] = std::round(seconds() * 1e3) / 1e3;
  PERSEA_CHECK(metrics_->append(line));
  if (pace_.checkpoint_at(step_) && !finished()) PERSEA_CHECK(save());
  return {};
}

Status Run::skipped(SpikeGuard::Verdict verdict, double loss, int64_t number) {
  ++skipped_;
  Json line = {{"step", step_}, {"event", "skip"}, {"batch", number}, {"tokens", tokens_}, {"seconds", seconds()}};
  line["loss"] = std::isfinite(loss) ? Json(loss) : Json();
  PERSEA_CHECK(metrics_->append(line));
  log_warning("step {}: the loss of batch {} is {:.4g}: skipped", step_ + 1, number, loss);
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
  const int64_t number = number_, tokens = tokens_, skipped = skipped_;
  restore(loaded->state);
  PERSEA_CHECK(guard_.restore(loaded->state.at("guard")));
  number_ = number;  // the batches since then stay behind
  tokens_ = tokens;
  skipped_ = skipped;
  log_warning("step {}: the loss is unstable: back to the checkpoint of step {}, with other batches", from + 1, step_);
  PERSEA_CHECK(metrics_->append(
      {{"step", step_}, {"event", "rollback"}, {"from", from}, {"tokens", tokens_}, {"seconds", seconds()}}));
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
    if (interrupt_.interrupted() && !finished()) {
      PERSEA_CHECK(save());
      return fail("interrupted after step {}: its checkpoint is kept, and the same command goes on from there", step_);
    }
  }
  if (validation_.tokens == 0 && !data_.validation.empty()) validated();  // resumed behind the last step

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
  model_->to(cpu_device);  // whoever looks at it next does so there
  outcome.model = std::move(model_);
  return outcome;
}

}  // namespace

kernels::Precision precision_of(const Recipe& recipe) {
  return kernels::precision_from(recipe.pretrain.precision, recipe.device);
}

OptimizerSettings optimizer_settings(const Recipe& whole) {
  const PretrainRecipe& recipe = whole.pretrain;
  OptimizerSettings settings;
  settings.kind = recipe.optimizer == "muon" ? OptimizerSettings::Kind::muon : OptimizerSettings::Kind::adamw;
  settings.lr = recipe.lr;
  settings.muon_lr = recipe.muon_lr;
  settings.beta1 = recipe.beta1;
  settings.beta2 = recipe.beta2;
  settings.eps = recipe.eps;
  settings.weight_decay = recipe.weight_decay;
  settings.precision = precision_of(whole);
  return settings;
}

double accumulate_gradients(Model& model, const PackedBatch& batch, int64_t micro_sequences,
                            Model::LossOptions options) {
  const auto targets = static_cast<double>(std::max<int64_t>(
      1, std::count_if(batch.targets.begin(), batch.targets.end(), [](int32_t target) { return target >= 0; })));
  Random seeds(options.dropout_seed);
  options.scale = static_cast<float>(1 / targets);
  double sum = 0;
  for (int64_t row = 0; row < batch.sequences; row += micro_sequences) {
    options.dropout_seed = seeds.next();
    sum += model.loss(rows_of(batch, row, std::min<int64_t>(row + micro_sequences, batch.sequences)), options);
  }
  return sum / targets;
}

TokenBatch rows_of(const PackedBatch& batch, int64_t begin, int64_t end) {
  const auto rows = [&](const std::vector<int32_t>& all) {
    return std::span<const int32_t>(all).subspan(static_cast<size_t>(begin * batch.length),
                                                 static_cast<size_t>((end - begin) * batch.length));
  };
  return {end - begin,         batch.length,          rows(batch.tokens),
          rows(batch.targets), rows(batch.positions), rows(batch.starts)};
}

Validation validate(Model& model, const PretrainData& data, int64_t micro_sequences) {
  Validation result;
  double sum = 0, bytes = 0;
  for (const PackedBatch& batch : data.validation) {
    for (int64_t row = 0; row < batch.sequences; row += micro_sequences) {
      const TokenBatch rows = rows_of(batch, row, std::min<int64_t>(row + micro_sequences, batch.sequences));
      if (std::all_of(rows.targets.begin(), rows.targets.end(), [](int32_t target) { return target < 0; })) continue;
      Model::LossOptions options;
      options.training = false;
      sum += model.loss(rows, options);
    }
    for (const int32_t target : batch.targets) {
      if (target < 0) continue;
      ++result.tokens;
      bytes += data.token_bytes.at(static_cast<size_t>(target));
    }
  }
  if (result.tokens > 0) result.loss = sum / static_cast<double>(result.tokens);
  if (bytes > 0) result.bits_per_byte = sum / std::numbers::ln2 / bytes;
  return result;
}

Result<PretrainOutcome> pretrain(const Recipe& recipe, const ModelConfig& config, const PretrainData& data,
                                 const fs::path& work, bool quiet) {
  return Run(recipe, config, data, work, quiet).run();
}

}  // namespace persea
