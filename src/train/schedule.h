// The learning rate over a run: warm-up, stable, decay (Hu et al. 2024, "MiniCPM"), and how a budget becomes steps.
//
// Steps and tokens fix the run's length beforehand. A budget in minutes cannot: a length measured at the start would be
// wrong by as much as the machine's mood changes. But only the decay needs to know it, so the clock decides the length
// when the decay is due, and again at each checkpoint from there on: the decay goes on from where it is, faster or
// slower. Every decision is written down before it acts: a run that is killed and resumed follows the same schedule to
// the same bits, and the budget is met within a percent or two. Nothing else in training looks at the clock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "train/recipe.h"

namespace persea {

// From step `from` on the decay has `total - from` steps for what is left of it: `part` of it lies behind.
struct Decay {
  int64_t from = 0, total = 0;  // total: steps of the run
  double part = 0;
};

struct Schedule {
  int64_t warmup = 0;         // steps over which the rate rises linearly
  std::vector<Decay> decays;  // by `from`; each holds until the next begins, and none before the first
  double min_scale = 0;       // part of the rate that the decay ends at
  std::string shape = "linear";

  // The part of the decay that lies behind once `step` (from 0) is done.
  double decayed(int64_t step) const;

  // The factor of the learning rate at `step` (from 0), in [0, 1].
  double scale(int64_t step) const;
};

// What a run's length settles, kept in its work directory as pace.json.
struct Pace {
  std::vector<Decay> decays;                     // as they were decided
  int64_t eval_every = 0, checkpoint_every = 0;  // steps; 0: not decided yet
  int64_t since = 0;                             // the step at which the intervals were settled: none acts before

  int64_t total() const { return decays.empty() ? 0 : decays.back().total; }  // steps; 0: not decided yet
  bool eval_at(int64_t step) const { return step >= since && eval_every > 0 && step % eval_every == 0; }
  bool checkpoint_at(int64_t step) const {
    return step >= since && checkpoint_every > 0 && step % checkpoint_every == 0;
  }

  Json json() const;
  static Result<Pace> from_json(const Json& value, std::string_view where);
};

// Steps of a run with a budget in steps or tokens; 0 for one in minutes.
int64_t budgeted_steps(const Recipe& recipe);

// A length that is known, or estimated where `known` is false: then only the intervals are settled.
Pace pace_of(const PretrainRecipe& recipe, int64_t total, bool known);

// For a budget in minutes: whether the decay is due after `step` steps in `seconds`.
bool decay_due(const PretrainRecipe& recipe, int64_t step, double seconds);
// Then, and at later steps again: decides the length, so that the rest of the budget is spent at `seconds_per_step`
// (all in: validation, checkpoints). `reserve` seconds are kept for the run's end.
void decide_length(const PretrainRecipe& recipe, int64_t step, double seconds, double seconds_per_step, double reserve,
                   Pace& pace);

// Where the budget is in minutes: settles the intervals once the pace shows, the length once the decay is due, and the
// length again at each checkpoint from there on. `now` and `start`, of the first step, are seconds of the run;
// `reserve` as for decide_length. Returns whether anything was decided.
bool pace_now(const PretrainRecipe& recipe, int64_t step, double now, double start, double reserve, Pace& pace);

Schedule schedule_of(const PretrainRecipe& recipe, const Pace& pace);

}  // namespace persea
