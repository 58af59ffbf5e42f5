#include "data/smallworld/say.h"

#include "data/smallworld/lexicon.h"

namespace persea::smallworld {

// Indexed by Event::Kind.
const std::vector<Phrases>& event_phrases() {
  static const std::vector<Phrases> phrases = {
      /* be */ {{"{A} was {P.at}.", "{A} sat {P.at}."}, {"{A} waited {P.at}."}},
      /* go */
      {{"{A} went to {P}.", "{A} walked to {P}.", "{A} ran to {P}."}, {"{A} hurried to {P}."}},
      /* go_together */
      {{"{A} and {B} went to {P}.", "{A} and {B} walked to {P}."}, {"{A} and {B} ran to {P}."}},
      /* go_why */
      {{"{A} went to {P} to {R}.", "{A} went to {P} because {A.he} wanted to {R}."},
       {"{A} wanted to {R} and went to {P}."}},
      /* lie */ {{"There was a {C} {T} {P.at}.", "A {C} {T} was {P.at}."}, {"A {C} {T} lay {P.at}."}},
      /* have */ {{"{A} had a {C} {T}.", "{A} had a {T}. The {T} was {C}."}, {}},
      /* take */ {{"{A} took the {T}.", "{A} picked up the {T}."}, {"{A} grabbed the {T}."}},
      /* give */
      {{"{A} gave the {T} to {B}.", "{A} gave {B} the {T}.", "{A} handed the {T} to {B}."},
       {"{A} handed {B} the {T}."}},
      /* drop */
      {{"{A} put down the {T}.", "{A} dropped the {T}."}, {"{A} left the {T} there."}},
      /* count_have */ {{"{A} had {N} {N.items}."}, {}},
      /* count_more */
      {{"{A} found {N} more {N.items}.", "{A} got {N} more {N.items}."}, {"{A} picked up {N} more {N.items}."}},
      /* count_less */
      {{"{A} lost {N} {N.items}.", "{A} gave away {N} {N.items}."}, {"{A} dropped {N} {N.items}."}},
      /* count_give */
      {{"{A} gave {N} {N.items} to {B}.", "{A} gave {B} {N} {N.items}."}, {"{A} handed {N} {N.items} to {B}."}},
      /* likes */ {{"{A} liked {F}.", "{A} loved {F}."}, {}},
      /* pet */
      {{"{A} had a {M} named {M.name}.", "{A} had a {M}. The {M} was named {M.name}."}, {}},
      /* feels */ {{"{A} was {E}.", "{A} felt {E}."}, {}},
  };
  return phrases;
}

namespace {

Slots slots_of(const World& world, const Event& event) {
  Slots slots;
  slots.person("A", world.cast[event.a >= 0 ? event.a : 0].name);
  if (event.b >= 0) slots.person("B", world.cast[event.b].name);
  if (event.place >= 0) slots.place("P", world.places[event.place]);
  if (event.thing >= 0) {
    slots.set("T", things()[world.things[event.thing].noun]);
    slots.set("C", colours()[world.things[event.thing].colour]);
  }
  switch (event.kind) {
    case Event::go_why:
      slots.set("R", reasons()[event.number]);
      break;
    case Event::likes:
      slots.set("F", foods()[event.number]);
      break;
    case Event::feels:
      slots.set("E", feelings()[event.number]);
      break;
    case Event::pet:
      slots.set("M", animals()[event.number]).set("M.name", pet_names()[event.second]);
      break;
    case Event::count_have:
    case Event::count_more:
    case Event::count_less:
    case Event::count_give:
      slots.number("N", event.number, world.countable);
      break;
    default:
      break;
  }
  return slots;
}

}  // namespace

std::string tell(const World& world, Random& random, bool held_out) {
  std::string text;
  int alone = -1;  // whom a pronoun would mean: the one person of the last sentence
  for (size_t i = 0; i < world.log.size(); ++i) {
    const Event& event = world.log[i];
    Slots slots = slots_of(world, event);
    const std::string_view phrase = event_phrases()[event.kind].pick(random, held_out);
    const bool subject_first = phrase.starts_with("{A}");
    std::string opening;
    if (subject_first && i == 0) {
      static const std::vector<std::string_view> openings = {"One day ", "In the morning ", "Once ", "After lunch "};
      opening = event.kind <= Event::count_have ? random.pick(openings) : "My friend ";
    } else if (subject_first && i > 0 && event.kind <= Event::drop && event.kind != Event::be &&
               event.kind != Event::have && random.chance(0.2)) {
      opening = random.chance(0.5) ? "Then " : "Later ";
    }
    if (event.a >= 0 && event.a == alone && event.b < 0 && subject_first && random.chance(0.2)) {
      slots.set("A", slots.get(opening.empty() ? "A.He" : "A.he"));
    }
    append(text, opening + slots.fill(phrase));
    alone = event.a >= 0 && event.b < 0 ? event.a : -1;
  }
  return text;
}

}  // namespace persea::smallworld
