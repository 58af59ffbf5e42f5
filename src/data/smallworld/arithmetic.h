// Small arithmetic in words: sums up to 20, differences, the next number, the larger one. No story stands behind these.
#pragma once

#include <string_view>
#include <vector>

#include "base/random.h"
#include "data/smallworld/quiz.h"

namespace persea::smallworld {

// The kinds of sums, as question_kinds().
const std::vector<Kind>& sum_kinds();

// One question of the kind; on_held_pair tells whether it rests on a held-out sum, as `held_out` asked for ("add" and
// "subtract" alone can be held out).
Question make_sum(Random& random, std::string_view kind, bool held_out);

}  // namespace persea::smallworld
