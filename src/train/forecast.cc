#include "train/forecast.h"

#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/file.h"
#include "base/threads.h"
#include "eval/smallworld_eval.h"
#include "infer/generate.h"
#include "kernels/peak.h"
#include "tensor/storage.h"
#include "train/checkpoint.h"
#include "train/optimizer_settings.h"
#include "train/passes.h"
#include "train/preparation.h"
#include "train/random_batch.h"
#include "train/schedule.h"
#include "train/training_memory.h"

namespace persea {
namespace {

constexpr int kWarmUp = 1, kLeastSteps = 3;

struct StepCost {
  double step = 0, validation = 0, checkpoint = 0;  // seconds
  int64_t checkpoint_bytes = 0;
};

// Runs the recipe's training for a while, as pretrain() does, and takes the time of its parts.
Result<StepCost> measure_training(const Recipe& recipe, const ModelConfig& config, const PassPlan& passes,
                                  const fs::path& scratch, double seconds) {
  const int64_t rows = recipe.sequences(), length = recipe.pretrain.sequence;
  Random random(1);
  std::vector<PackedBatch> batches;
  for (int i = 0; i < 2; ++i) batches.push_back(random_batch(rows, length, config.vocab, random));
  Model model(config, 1);
  Optimizer optimizer(model.parameters(), optimizer_settings(recipe));
  StepCost cost;
  std::vector<double> times;
  const double end = wall_seconds() + seconds;
  for (int step = 0; step < kWarmUp + kLeastSteps || wall_seconds() < end; ++step) {
    const double start = wall_seconds();
    (void)accumulate_gradients(
        model, batches[static_cast<size_t>(step) % batches.size()], passes.sequences,
        {.dropout = recipe.pretrain.dropout, .precision = precision_of(recipe), .recomputed = passes.recomputed});
    optimizer.step(1e-3, recipe.pretrain.clip);
    if (step >= kWarmUp) times.push_back(wall_seconds() - start);
  }
  std::nth_element(times.begin(), times.begin() + static_cast<int64_t>(times.size() / 2), times.end());
  cost.step = times[times.size() / 2];

  PretrainData data;
  data.validation = {std::move(batches[0])};
  data.token_bytes.assign(static_cast<size_t>(config.vocab), 1);
  const double start = wall_seconds();
  PERSEA_TRY(const Validation validation, validate(model, data, passes.validation_sequences, *Ranks::alone()));
  cost.validation = (wall_seconds() - start) / static_cast<double>(validation.tokens);

  const ShardedTensors tensors = training_state(model, optimizer);
  for (const ShardedTensor& tensor : tensors)
    cost.checkpoint_bytes += element_count(tensor.shape) * dtype_bytes(tensor.dtype);
  PERSEA_TRY(const TempDir temp, TempDir::create(scratch, "plan"));
  const double writing = wall_seconds();
  PERSEA_CHECK(write_checkpoint(temp.path() / "checkpoint", Json::object(), tensors, *Ranks::alone()));
  cost.checkpoint = wall_seconds() - writing;
  return cost;
}

// Seconds that the report's samples and questions take, from a few of each by a model of this shape. An untrained one
// does not stop by itself: kAnswer is what a trained one says.
Result<double> measure_report(const Recipe& recipe, const ModelConfig& config, const Tokenizer& tokenizer) {
  constexpr int64_t kSample = 24, kPrompt = 96, kAnswer = 24, kQuestions = 64;
  if (config.context < kSample + kPrompt) return 0.0;
  const Model model(config, 1);
  Decoder decoder(model);
  Session session(decoder);
  GenerateOptions options;
  options.max_tokens = kSample;
  const std::vector<int32_t> prompt(kPrompt, 1);
  double start = wall_seconds();
  PERSEA_TRY(const Generation written, session.generate(prompt, options));
  const double token = (wall_seconds() - start) / static_cast<double>(written.tokens.size());
  const double samples =
      static_cast<double>(std::max<size_t>(recipe.report.prompts.size(), 1) * recipe.report.sample_tokens) * token;
  if (recipe.corpus.source != "smallworld" || recipe.report.questions == 0) return samples;
  const auto questions = smallworld_questions(1, std::min(kQuestions, recipe.report.questions));
  start = wall_seconds();
  PERSEA_TRY(const SmallworldReport asked, ask_smallworld(decoder, tokenizer, questions, kAnswer));
  return samples + (wall_seconds() - start) / asked.total.asked * static_cast<double>(recipe.report.questions);
}

}  // namespace

Json Forecast::json() const {
  return {{"parameters", parameters},
          {"steps", steps},
          {"tokens", tokens},
          {"text_bytes", text_bytes},
          {"flops", flops},
          {"recomputed_flops", recomputed_flops},
          {"recomputed_layers", passes.recomputed},
          {"layers", layers},
          {"micro_batch", passes.sequences},
          {"seconds", seconds()},
          {"prepare_seconds", prepare_seconds},
          {"train_seconds", train_seconds},
          {"report_seconds", report_seconds},
          {"memory_bytes", memory_bytes},
          {"disk_bytes", disk_bytes},
          {"tokens_per_second", tokens_per_second},
          {"peak_gflops", peak_gflops},
          {"mfu", mfu},
          {"threads", threads}};
}

Result<Forecast> forecast(const Recipe& recipe, const fs::path& scratch, double seconds) {
  const PretrainRecipe& p = recipe.pretrain;
  PERSEA_TRY(const Preparation preparation, estimate_preparation(recipe));
  const ModelConfig config = recipe.model_config(preparation.vocab);
  PERSEA_CHECK(check_memory(recipe, config));
  Forecast f;
  f.threads = pool().threads();
  f.passes = plan_passes(recipe, config, memory_of_rank(recipe));
  f.peak_gflops = kernels::measure_peak_gflops(0.5).best;
  PERSEA_TRY(const StepCost cost, measure_training(recipe, config, f.passes, scratch, seconds));
  release_kept_memory();  // as the run does between training and report
  f.parameters = config.parameters();
  f.layers = config.layers;
  f.text_bytes = preparation.text_bytes;
  f.prepare_seconds = preparation.seconds;

  // A step and its share of validations and checkpoints; the intervals depend on the length, and in minutes the other
  // way round.
  const auto length_of = [&](int64_t steps) {
    const Pace pace = pace_of(p, steps, true);
    const double validations = 1 + std::ceil(static_cast<double>(steps) / static_cast<double>(pace.eval_every));
    const double checkpoints = 1 + std::floor(static_cast<double>(steps) / static_cast<double>(pace.checkpoint_every));
    const auto eval_tokens = static_cast<double>(std::min(p.eval_tokens, preparation.validation_tokens));
    return static_cast<double>(steps) * cost.step + validations * eval_tokens * cost.validation +
           checkpoints * cost.checkpoint;
  };
  f.steps = budgeted_steps(recipe);
  if (f.steps == 0) {
    f.train_seconds = p.minutes * 60;
    f.steps = std::max<int64_t>(1, static_cast<int64_t>(f.train_seconds / cost.step));
    for (int i = 0; i < 4; ++i)
      f.steps = std::max<int64_t>(
          1, static_cast<int64_t>(static_cast<double>(f.steps) * f.train_seconds / length_of(f.steps)));
  } else {
    f.train_seconds = length_of(f.steps);
  }
  f.tokens = f.steps * p.batch_tokens;
  f.flops = static_cast<double>(f.tokens) * config.training_flops_per_token(p.sequence);
  f.recomputed_flops =
      static_cast<double>(f.tokens) * recomputed_flops_per_token(config, p.sequence, f.passes.recomputed);
  f.tokens_per_second = static_cast<double>(f.tokens) / f.train_seconds;
  f.mfu = f.flops / f.train_seconds / (f.peak_gflops * 1e9);
  PERSEA_TRY(f.report_seconds, measure_report(recipe, config, preparation.tokenizer));
  // Training maps the tokens, whose pages count once they are read; the stages before it map the text.
  const int64_t token_bytes = preparation.tokens * (preparation.vocab > 65536 ? 4 : 2);
  f.memory_bytes = std::max(peak_memory_bytes() + std::min(token_bytes, 2 * f.tokens), preparation.text_bytes);
  // Two checkpoints and one being written, the model, the text and its tokens.
  f.disk_bytes = 3 * cost.checkpoint_bytes + 4 * f.parameters + preparation.text_bytes + token_bytes;
  return f;
}

}  // namespace persea
