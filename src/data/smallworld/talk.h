// Small talk: turns of user and assistant that need no story. Fixed words and names, no state.
#pragma once

#include <string>
#include <vector>

#include "data/smallworld/world.h"

namespace persea::smallworld {

struct Turn {
  std::string user, assistant;
};
// One or a few turns: greetings, who are you, what can you do, my name is, thanks.
std::vector<Turn> small_talk(Casting& casting);

}  // namespace persea::smallworld
