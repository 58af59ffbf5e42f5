// Longer stories (60 to 150 words): plots in which people lose, share, swap, hide, help and make up. Each plot keeps
// track of who has what and where everybody is, so that nothing in a story contradicts the rest.
#pragma once

#include <string>

#include "data/smallworld/world.h"

namespace persea::smallworld {

struct Story {
  std::string text;
  int hero, friend_;  // lexicon names
};
Story make_story(Casting& casting);

}  // namespace persea::smallworld
