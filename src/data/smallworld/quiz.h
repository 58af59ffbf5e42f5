// Every question that a World answers, each with its one right answer and the answers that would be wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/smallworld/phrase.h"
#include "data/smallworld/world.h"

namespace persea::smallworld {

struct Question {
  std::string_view kind;
  Slots slots;                        // for the phrasing and the answer
  std::string answer;                 // a full sentence
  std::vector<std::string> accepted;  // the first is the bare answer
  std::vector<std::string> wrong;
  bool on_held_name = false;  // asks for, or is answered with, a held-out name
  bool on_held_pair = false;  // rests on a held-out pair or sum
};

// How often a kind is asked, relative to the others. Kinds in a fixed order.
struct Kind {
  std::string_view name;
  Phrases phrases;
  int weight;       // among held-out questions
  int repetitions;  // weight among the questions of a document: kinds that are hard to learn or seldom possible count
                    // more
};
const std::vector<Kind>& question_kinds();
const Kind& question_kind(std::string_view name);

std::vector<Question> questions_about(const World& world);

}  // namespace persea::smallworld
