// The state of one little scene and the events that change it. Every text and every answer is read off a World, so what
// is told and what is asked cannot disagree. It knows no sentences.
#pragma once

#include <vector>

#include "base/random.h"
#include "data/smallworld/lexicon.h"

namespace persea::smallworld {

// What the words of one document may be. The documents themselves take the default.
struct Rules {
  bool held_names = false;  // at least one held-out name takes part; else none does
  bool any_names = false;   // every name may take part (plain stories)
  bool held_pairs = false;  // held-out pairs may stand together
};

// Words for one document: everything picked here goes together by the rules with everything picked before.
class Casting {
 public:
  Casting(Random& random, const Rules& rules) : random_(random), rules_(rules) {}
  // Indices into the lexicon, each different from those picked before of the same sort.
  int name();
  int place();
  int thing();
  int colour();  // goes with all things picked
  int food();
  int animal();
  int countable();
  bool sum_allowed(int a, int b) const;
  const Rules& rules() const { return rules_; }
  Random& random() { return random_; }

 private:
  template <class Goes>
  int pick(std::vector<int>& used, size_t size, Goes&& goes);
  int prop(Sort sort, std::vector<int>& used, size_t size);
  Random& random_;
  Rules rules_;
  std::vector<int> names_, places_, things_, colours_, foods_, animals_;
};

struct Event {
  enum Kind {
    be,           // a is at place
    go,           // a goes to place
    go_together,  // a and b go to place
    go_why,       // a goes to place for a reason
    lie,          // thing is at place
    have,         // a has thing
    take,         // a takes thing, which is where a is
    give,         // a gives thing to b; both are at one place, or neither's place is known
    drop,         // a leaves thing where a is
    count_have,   // a has number countables
    count_more,   // a gets number more
    count_less,   // a loses number
    count_give,   // a gives number to b
    likes,        // a likes food
    pet,          // a has an animal with a name
    feels         // a is happy
  };
  Kind kind;
  int a = -1, b = -1;  // into World::cast
  int thing = -1;      // into World::things
  int place = -1;      // into World::places
  int number = 0;      // how many; or the lexicon's food, animal, feeling, reason
  int second = -1;     // the pet's name
};

struct Thing {
  int noun, colour;             // lexicon
  int holder = -1, place = -1;  // into World::cast, World::places; one of them is set once the thing was told of
};

struct Person {
  int name;                          // lexicon
  int place = -1;                    // into World::places
  int count = -1, first_count = -1;  // of World::countable
  int food = -1, animal = -1, pet_name = -1, feeling = -1;
};

struct World {
  std::vector<Person> cast;
  std::vector<int> places;  // lexicon
  std::vector<Thing> things;
  int countable = -1;
  std::vector<Event> log;

  // Applies the event and logs it; an event that cannot happen throws std::logic_error.
  void happen(const Event& event);
  std::vector<int> held_by(int person) const;  // things
};

// A short scene: 2 to 4 people, 3 to 7 events.
enum class Theme { things, travel, counts, traits };
World make_scene(Casting& casting, Theme theme);

}  // namespace persea::smallworld
