#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace persea {
namespace {

constexpr int64_t kEvaluations = 25, kCheckpoints = 20;  // of a run, where intervals are automatic
constexpr int64_t kWarmupPart = 5;         // where the length is known, warm-up takes at most a fifth of it
constexpr double kShortestMeasure = 0.03;  // part of a budget in minutes that must have shown the pace

}  // namespace

double Schedule::scale(int64_t step) const {
  const double rise = step < warmup ? static_cast<double>(step + 1) / static_cast<double>(warmup) : 1;
  if (total == 0 || step < decay_start) return rise;
  // The last step runs at min_scale.
  const double part =
      std::clamp(static_cast<double>(step - decay_start + 1) / static_cast<double>(total - decay_start), 0.0, 1.0);
  const double height = shape == "cosine" ? 0.5 * (1 + std::cos(std::numbers::pi * part))
                        : shape == "sqrt" ? 1 - std::sqrt(part)
                                          : 1 - part;
  return std::min(rise, min_scale + (1 - min_scale) * height);
}

Json Pace::json() const {
  return {{"total", total},
          {"decay_start", decay_start},
          {"eval_every", eval_every},
          {"checkpoint_every", checkpoint_every},
          {"since", since}};
}

Result<Pace> Pace::from_json(const Json& value, std::string_view where) {
  Pace pace;
  for (const auto& [key, slot] : {std::pair{"total", &pace.total},
                                  {"decay_start", &pace.decay_start},
                                  {"eval_every", &pace.eval_every},
                                  {"checkpoint_every", &pace.checkpoint_every},
                                  {"since", &pace.since}}) {
    if (!value.is_object() || !value.contains(key) || !value[key].is_number_integer() ||
        value[key].get<int64_t>() < 0) {
      return fail("{}: '{}' must be a whole number: remove the file to start this run afresh", where, key);
    }
    *slot = value[key].get<int64_t>();
  }
  return pace;
}

int64_t budgeted_steps(const Recipe& recipe) {
  const PretrainRecipe& p = recipe.pretrain;
  if (p.steps > 0) return p.steps;
  return p.tokens > 0 ? std::max<int64_t>(1, p.tokens / p.batch_tokens) : 0;
}

Pace pace_of(const PretrainRecipe& recipe, int64_t total, bool known) {
  Pace pace;
  const auto every = [&](int64_t set, int64_t times) { return set > 0 ? set : std::max<int64_t>(1, total / times); };
  pace.eval_every = every(recipe.eval_every, kEvaluations);
  pace.checkpoint_every = every(recipe.checkpoint_every, kCheckpoints);
  if (known) {
    pace.total = total;
    pace.decay_start = total - std::llround(recipe.decay * static_cast<double>(total));
  }
  return pace;
}

bool decay_due(const PretrainRecipe& recipe, int64_t step, double seconds) {
  return step > 0 && seconds >= std::max(1 - recipe.decay, kShortestMeasure) * recipe.minutes * 60;
}

void decide_length(const PretrainRecipe& recipe, int64_t step, double seconds, double seconds_per_step, double reserve,
                   Pace& pace) {
  const double left = std::max(recipe.minutes * 60 - seconds - reserve, 0.0);
  pace.decay_start = step;
  pace.total = step + std::max<int64_t>(1, static_cast<int64_t>(left / std::max(seconds_per_step, 1e-9)));
}

Schedule schedule_of(const PretrainRecipe& recipe, const Pace& pace) {
  Schedule schedule;
  schedule.warmup = recipe.warmup_steps;
  if (recipe.minutes <= 0) schedule.warmup = std::min(recipe.warmup_steps, pace.total / kWarmupPart);
  schedule.decay_start = pace.decay_start;
  schedule.total = pace.total;
  schedule.min_scale = recipe.min_lr;
  schedule.shape = recipe.decay_shape;
  return schedule;
}

}  // namespace persea
