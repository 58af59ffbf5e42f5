#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace persea {
namespace {

constexpr int64_t kEvaluations = 25, kCheckpoints = 20;  // of a run, where intervals are automatic
constexpr int64_t kPaceSteps = 20;                       // steps that show the pace of a run with a budget in minutes
constexpr int64_t kWarmupPart = 5;         // where the length is known, warm-up takes at most a fifth of it
constexpr double kShortestMeasure = 0.03;  // part of a budget in minutes that must have shown the pace

}  // namespace

double Schedule::decayed(int64_t step) const {
  const auto next = std::find_if(decays.begin(), decays.end(), [&](const Decay& decay) { return decay.from > step; });
  if (next == decays.begin()) return 0;
  const Decay& d = *std::prev(next);
  // The last step runs at min_scale.
  const double rest =
      std::clamp(static_cast<double>(step - d.from + 1) / static_cast<double>(d.total - d.from), 0.0, 1.0);
  return d.part + (1 - d.part) * rest;
}

double Schedule::scale(int64_t step) const {
  const double rise = step < warmup ? static_cast<double>(step + 1) / static_cast<double>(warmup) : 1;
  const double part = decayed(step);
  if (part == 0) return rise;
  const double height = shape == "cosine" ? 0.5 * (1 + std::cos(std::numbers::pi * part))
                        : shape == "sqrt" ? 1 - std::sqrt(part)
                                          : 1 - part;
  return std::min(rise, min_scale + (1 - min_scale) * height);
}

Json Pace::json() const {
  Json json = {
      {"decays", Json::array()}, {"eval_every", eval_every}, {"checkpoint_every", checkpoint_every}, {"since", since}};
  for (const Decay& decay : decays)
    json["decays"].push_back({{"from", decay.from}, {"total", decay.total}, {"part", decay.part}});
  return json;
}

Result<Pace> Pace::from_json(const Json& value, std::string_view where) {
  const auto whole = [&](const Json& object, const char* key) -> Result<int64_t> {
    if (!object.is_object() || !object.contains(key) || !object[key].is_number_integer() ||
        object[key].get<int64_t>() < 0) {
      return fail("{}: '{}' must be a whole number: remove the file to start this run afresh", where, key);
    }
    return object[key].get<int64_t>();
  };
  Pace pace;
  PERSEA_TRY(pace.eval_every, whole(value, "eval_every"));
  PERSEA_TRY(pace.checkpoint_every, whole(value, "checkpoint_every"));
  PERSEA_TRY(pace.since, whole(value, "since"));
  for (const Json& item : value.value("decays", Json())) {
    Decay decay;
    PERSEA_TRY(decay.from, whole(item, "from"));
    PERSEA_TRY(decay.total, whole(item, "total"));
    if (!item.contains("part") || !item["part"].is_number() || decay.total <= decay.from ||
        (!pace.decays.empty() && decay.from <= pace.decays.back().from)) {
      return fail("{}: a decay that is none: remove the file to start this run afresh", where);
    }
    decay.part = item["part"].get<double>();
    pace.decays.push_back(decay);
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
    pace.decays = {{total - std::llround(recipe.decay * static_cast<double>(total)), total, 0}};
  }
  return pace;
}

bool decay_due(const PretrainRecipe& recipe, int64_t step, double seconds) {
  return step > 0 && seconds >= std::max(1 - recipe.decay, kShortestMeasure) * recipe.minutes * 60;
}

void decide_length(const PretrainRecipe& recipe, int64_t step, double seconds, double seconds_per_step, double reserve,
                   Pace& pace) {
  const double left = std::max(recipe.minutes * 60 - seconds - reserve, 0.0);
  const int64_t total = step + std::max<int64_t>(1, static_cast<int64_t>(left / std::max(seconds_per_step, 1e-9)));
  if (total != pace.total()) pace.decays.push_back({step, total, schedule_of(recipe, pace).decayed(step - 1)});
}

bool pace_now(const PretrainRecipe& recipe, int64_t step, double now, double start, double reserve, Pace& pace) {
  if (recipe.minutes <= 0 || step == 0) return false;
  const bool decays = pace.total() > 0, finished = decays && step >= pace.total();
  if (decays && (!pace.checkpoint_at(step) || step <= pace.decays.back().from || finished)) return false;
  const double seconds_per_step = (now - start) / static_cast<double>(step);
  const bool due = decays || decay_due(recipe, step, now);
  if (pace.checkpoint_every == 0 && (step >= kPaceSteps || due)) {
    const auto estimate = static_cast<int64_t>(recipe.minutes * 60 / seconds_per_step);
    pace = pace_of(recipe, estimate, false);
    pace.since = step + 1;
  } else if (!due) {
    return false;
  }
  if (due) decide_length(recipe, step, now, seconds_per_step, reserve, pace);
  return true;
}

Schedule schedule_of(const PretrainRecipe& recipe, const Pace& pace) {
  Schedule schedule;
  schedule.warmup = recipe.warmup_steps;
  if (recipe.minutes <= 0) schedule.warmup = std::min(recipe.warmup_steps, pace.total() / kWarmupPart);
  schedule.decays = pace.decays;
  schedule.min_scale = recipe.min_lr;
  schedule.shape = recipe.decay_shape;
  return schedule;
}

}  // namespace persea
