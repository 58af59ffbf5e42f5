// Tells a World's events as sentences. One event, one sentence; the words carry everything that questions ask for.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "data/smallworld/phrase.h"
#include "data/smallworld/world.h"

namespace persea::smallworld {

// The events of `world` in order. A story never begins with a name, so that every name stands behind a space: a
// tokenizer then has one token for it, and to answer with a name is to copy that. With held_out, sentences take
// held-out phrasings where there are any.
std::string tell(const World& world, Random& random, bool held_out);

// Every phrasing of event sentences; for the test that scans documents for the held-out ones.
const std::vector<Phrases>& event_phrases();

}  // namespace persea::smallworld
