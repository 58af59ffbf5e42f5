#include "data/smallworld.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/random.h"
#include "data/smallworld/arithmetic.h"
#include "data/smallworld/lexicon.h"
#include "data/smallworld/plots.h"
#include "data/smallworld/quiz.h"
#include "data/smallworld/say.h"
#include "data/smallworld/talk.h"
#include "data/smallworld/world.h"

namespace persea {

using namespace smallworld;

namespace {

std::string chat(const std::vector<Turn>& turns) {
  std::string text;
  for (const Turn& turn : turns) {
    text += "<|user|>\n" + turn.user + "<|end|>\n<|assistant|>\n" + turn.assistant + "<|end|>\n";
  }
  return text;
}

std::string ask(const Question& question, const Kind& kind, Random& random, bool held_out) {
  return question.slots.fill(kind.phrases.pick(random, held_out));
}

Theme any_theme(Random& random) {
  const uint64_t r = random.below(20);
  return r < 10 ? Theme::things : r < 14 ? Theme::travel : r < 18 ? Theme::counts : Theme::traits;
}

// A scene and questions about it: the kinds drawn by their weights, no question twice.
std::vector<Turn> quiz(Casting& casting) {
  Random& random = casting.random();
  const World world = make_scene(casting, any_theme(random));
  std::vector<Question> questions = questions_about(world);
  std::erase_if(questions, [](const Question& q) { return q.on_held_name || q.on_held_pair; });
  std::vector<Turn> turns;
  const size_t wanted = 4 + random.below(4);
  while (turns.size() < wanted && !questions.empty()) {
    // A kind by weight, then any of its questions: kinds that a scene answers often are not asked more for it.
    int total = 0;
    for (const Kind& kind : question_kinds()) {
      const bool there =
          std::any_of(questions.begin(), questions.end(), [&](const Question& q) { return q.kind == kind.name; });
      if (there) total += kind.repetitions;
    }
    int ticket = static_cast<int>(random.below(total));
    for (const Kind& kind : question_kinds()) {
      std::vector<size_t> candidates;
      for (size_t i = 0; i < questions.size(); ++i) {
        if (questions[i].kind == kind.name) candidates.push_back(i);
      }
      if (candidates.empty() || (ticket -= kind.repetitions) >= 0) continue;
      const size_t chosen = random.pick(candidates);
      turns.push_back({ask(questions[chosen], kind, random, false), questions[chosen].answer});
      questions.erase(questions.begin() + static_cast<ptrdiff_t>(chosen));
      break;
    }
  }
  const std::string story = tell(world, random, false);
  if (turns.empty()) return {{"Tell me a story.", story}};
  turns[0].user = story + ' ' + turns[0].user;
  return turns;
}

std::vector<Turn> sums(Random& random) {
  std::vector<Turn> turns;
  int total = 0;
  for (const Kind& kind : sum_kinds()) total += kind.repetitions;
  for (size_t n = 4 + random.below(5); turns.size() < n;) {
    int ticket = static_cast<int>(random.below(total));
    for (const Kind& kind : sum_kinds()) {
      if ((ticket -= kind.repetitions) >= 0) continue;
      const Question question = make_sum(random, kind.name, false);
      turns.push_back({ask(question, kind, random, false), question.answer});
      break;
    }
  }
  return turns;
}

std::vector<Turn> story_on_demand(Casting& casting) {
  Random& random = casting.random();
  const Story story = make_story(casting);
  static const std::vector<std::string_view> asked = {"Tell me a story about {A} and {B}.",
                                                      "Write a story about {A} and {B}.",
                                                      "Can you tell me a story about {A} and {B}?",
                                                      "Tell me a story about {A}.",
                                                      "Tell me a story.",
                                                      "I want to hear a story about {A} and {B}."};
  Slots slots;
  slots.person("A", story.hero).person("B", story.friend_);
  return {{slots.fill(random.pick(asked)), story.text}};
}

}  // namespace

std::string smallworld_document(uint64_t seed, int64_t index) {
  Random random(seed ^ (0x9e3779b97f4a7c15ULL * static_cast<uint64_t>(index + 1)), "smallworld document");
  const uint64_t sort = random.below(100);
  if (sort < 9) {
    Casting casting(random, {.any_names = true});
    return make_story(casting).text + '\n';
  }
  Casting casting(random, {});
  if (sort < 15) return chat(story_on_demand(casting));
  if (sort < 24) return chat(sums(random));
  if (sort < 26) return chat(small_talk(casting));
  return chat(quiz(casting));
}

namespace {

struct AnyKind {
  const Kind* kind;
  bool sum;
};
std::vector<AnyKind> all_kinds() {
  std::vector<AnyKind> kinds;
  for (const Kind& kind : question_kinds()) kinds.push_back({&kind, false});
  for (const Kind& kind : sum_kinds()) kinds.push_back({&kind, true});
  return kinds;
}

Theme theme_of(std::string_view kind, Random& random) {
  static constexpr std::array<std::string_view, 6> travel = {"where", "before", "why", "with", "first", "yes_place"};
  static constexpr std::array<std::string_view, 6> traits = {"likes",    "who_likes", "pet",
                                                             "pet_name", "feels",     "who_feels"};
  static constexpr std::array<std::string_view, 4> counts = {"count", "count_first", "together", "more"};
  auto among = [&](const auto& kinds) { return std::find(kinds.begin(), kinds.end(), kind) != kinds.end(); };
  if (among(traits)) return Theme::traits;
  if (among(counts)) return Theme::counts;
  return among(travel) && random.chance(0.6) ? Theme::travel : Theme::things;
}

// Whether questions of this kind can be held out for this reason.
bool can_be_held_out(const AnyKind& kind, std::string_view reason) {
  const std::string_view name = kind.kind->name;
  if (reason == "templates") return true;
  if (reason == "names") return !kind.sum && name != "colour";
  // Of the rest, these rest on no pair of words.
  static constexpr std::array<std::string_view, 8> pairless = {"next",  "larger",      "feels",    "who_feels",
                                                               "count", "count_first", "together", "more"};
  return std::find(pairless.begin(), pairless.end(), name) == pairless.end();
}

// Tries one scene; an empty kind where it holds no such question.
SmallworldQuestion try_question(Random& random, const AnyKind& kind, std::string_view reason) {
  const Rules rules{.held_names = reason == "names", .held_pairs = reason == "facts"};
  const bool new_phrase = reason == "templates";
  Question chosen;
  std::string story;
  if (kind.sum) {
    chosen = make_sum(random, kind.kind->name, reason == "facts");
  } else {
    Casting casting(random, rules);
    const World world = make_scene(casting, theme_of(kind.kind->name, random));
    std::vector<Question> questions = questions_about(world);
    std::erase_if(questions, [&](const Question& q) {
      return q.kind != kind.kind->name || (reason == "names" && !q.on_held_name) ||
             (reason == "facts" && !q.on_held_pair) || (reason != "facts" && q.on_held_pair);
    });
    if (questions.empty()) return {};
    chosen = random.pick(questions);
    story = tell(world, random, new_phrase && random.chance(0.3)) + ' ';
  }
  return {std::string(kind.kind->name),
          story + ask(chosen, *kind.kind, random, new_phrase),
          chosen.answer,
          chosen.accepted,
          chosen.wrong,
          std::string(reason)};
}

}  // namespace

std::vector<SmallworldQuestion> smallworld_questions(uint64_t seed, int count) {
  static constexpr std::array<std::string_view, 3> reasons = {"names", "facts", "templates"};
  const std::vector<AnyKind> kinds = all_kinds();
  std::vector<SmallworldQuestion> questions;
  for (int i = 0; i < count; ++i) {
    Random random(seed ^ (0x9e3779b97f4a7c15ULL * static_cast<uint64_t>(i + 1)), "smallworld question");
    const std::string_view reason = reasons[i % reasons.size()];
    int total = 0;
    for (const AnyKind& kind : kinds) total += can_be_held_out(kind, reason) ? kind.kind->weight : 0;
    int ticket = static_cast<int>(random.below(total));
    const AnyKind* kind = &kinds[0];
    for (const AnyKind& candidate : kinds) {
      if (!can_be_held_out(candidate, reason)) continue;
      kind = &candidate;
      if ((ticket -= candidate.kind->weight) < 0) break;
    }
    SmallworldQuestion question;
    for (int attempt = 0; question.kind.empty(); ++attempt) {
      if (attempt == 10000) throw std::logic_error("smallworld: no scene asks for " + std::string(kind->kind->name));
      question = try_question(random, *kind, reason);
    }
    questions.push_back(std::move(question));
  }
  return questions;
}

}  // namespace persea
