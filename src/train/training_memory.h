// What a run's training needs of memory, what there is, and how its passes are cut to fit. Lower bounds from shapes:
// it measures nothing.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "nn/pass_plan.h"
#include "train/recipe.h"

namespace persea {

class Ranks;

// Who trains: so many ranks in all, of which neighbours hold a copy of the model together.
struct RankLayout {
  int ranks = 1, tensor_ranks = 1;
};

// Bytes that a rank may use: its GPU's, or its part of a machine on which `here` of them run; Recipe::memory where that
// is less.
int64_t memory_of_rank(const Recipe& recipe, int here = 1);

// How passes of this model go in that memory.
PassPlan plan_passes(const Recipe& recipe, const ModelConfig& config, int64_t memory, RankLayout layout = {});

// The same for all ranks, by the least memory that one of them has; says so where layers are recomputed, unless it is
// to be quiet. Collective.
Result<PassPlan> agree_on_passes(const Recipe& recipe, const ModelConfig& config, Ranks& ranks, int tensor_ranks,
                                 bool quiet);

// A lower bound of what training holds on each of the ranks: weights, gradients, moments, and what a micro-batch keeps
// for its backward pass.
int64_t least_training_memory(const Recipe& recipe, const ModelConfig& config, const PassPlan& plan,
                              RankLayout layout = {});

// Fails where even the leanest plan is more than this machine has, on which `here` of the ranks run.
Status check_memory(const Recipe& recipe, const ModelConfig& config, int here = 1, RankLayout layout = {});

}  // namespace persea
