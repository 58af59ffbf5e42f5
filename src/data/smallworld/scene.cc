// Makes up short scenes: which events happen, in which order.
#include <algorithm>

#include "data/smallworld/lexicon.h"
#include "data/smallworld/world.h"

namespace persea::smallworld {
namespace {

class Director {
 public:
  Director(Casting& casting, int people, int places, int things) : casting_(casting), random_(casting.random()) {
    for (int i = 0; i < people; ++i) world_.cast.push_back({casting.name()});
    for (int i = 0; i < places; ++i) world_.places.push_back(casting.place());
    for (int i = 0; i < things; ++i) world_.things.push_back({casting.thing(), 0});
    for (Thing& thing : world_.things) thing.colour = casting.colour();
  }

  World things();
  World travel();
  World counts();
  World traits();

 private:
  int any(size_t n) { return static_cast<int>(random_.below(n)); }
  int people() const { return static_cast<int>(world_.cast.size()); }
  int other(int person) { return (person + 1 + any(people() - 1)) % people(); }
  int elsewhere(int person) {  // a place where the person is not
    const int n = static_cast<int>(world_.places.size()), here = world_.cast[person].place;
    return here < 0 ? any(n) : (here + 1 + any(n - 1)) % n;
  }
  void go(int person) {
    if (random_.chance(0.25)) {
      world_.happen({.kind = Event::go_why, .a = person, .place = elsewhere(person), .number = reason()});
    } else {
      world_.happen({.kind = Event::go, .a = person, .place = elsewhere(person)});
    }
  }
  void arrive(int person) {
    if (random_.chance(0.4)) {
      world_.happen({.kind = Event::be, .a = person, .place = elsewhere(person)});
    } else {
      go(person);
    }
  }
  int reason() {  // each reason once in a scene
    int r = any(reasons().size());
    while (std::find(reasons_.begin(), reasons_.end(), r) != reasons_.end()) r = any(reasons().size());
    reasons_.push_back(r);
    return r;
  }
  bool act_on_things();

  Casting& casting_;
  Random& random_;
  World world_;
  std::vector<int> reasons_;
};

// One of: take a thing that is here, give it to someone who is here, put it down. False where nothing of that can be
// done.
bool Director::act_on_things() {
  std::vector<Event> possible;
  for (int t = 0; t < static_cast<int>(world_.things.size()); ++t) {
    const Thing& thing = world_.things[t];
    if (thing.holder >= 0) {
      const int place = world_.cast[thing.holder].place;
      for (int b = 0; b < people(); ++b) {
        if (b != thing.holder && world_.cast[b].place == place) {
          for (int weight = 0; weight < 3; ++weight)
            possible.push_back({.kind = Event::give, .a = thing.holder, .b = b, .thing = t});
        }
      }
      if (place >= 0) possible.push_back({.kind = Event::drop, .a = thing.holder, .thing = t});
    } else if (thing.place >= 0) {
      for (int a = 0; a < people(); ++a) {
        if (world_.cast[a].place == thing.place) {
          for (int weight = 0; weight < 3; ++weight) possible.push_back({.kind = Event::take, .a = a, .thing = t});
        }
      }
    }
  }
  const bool gave =
      !world_.log.empty() && (world_.log.back().kind == Event::give || world_.log.back().kind == Event::drop);
  if (gave) {  // not back and forth with one thing at once
    std::erase_if(possible, [&](const Event& event) { return event.thing == world_.log.back().thing; });
  }
  if (possible.empty()) return false;
  world_.happen(random_.pick(possible));
  return true;
}

World Director::things() {
  const int events = 1 + any(3);
  const bool settled = random_.chance(0.75);  // else nobody is anywhere: a story of having and giving
  if (settled) {
    if (random_.chance(0.4)) {
      const int a = any(people());
      world_.happen({.kind = Event::go_together, .a = a, .b = other(a), .place = any(world_.places.size())});
    }
    for (int i = 0; i < people(); ++i) {
      if (world_.cast[i].place < 0 && random_.chance(0.8)) arrive(i);
    }
  }
  for (int t = 0; t < static_cast<int>(world_.things.size()); ++t) {
    if (settled && random_.chance(0.5)) {
      const int place = world_.cast[any(people())].place;
      world_.happen({.kind = Event::lie, .thing = t, .place = place >= 0 ? place : 0});
    } else {
      world_.happen({.kind = Event::have, .a = any(people()), .thing = t});
    }
  }
  for (int i = 0; i < events; ++i) {
    if (act_on_things() && random_.chance(0.75)) continue;
    if (settled && random_.chance(0.7)) go(any(people()));
  }
  return std::move(world_);
}

World Director::travel() {
  const int events = 2 + any(4);
  for (int i = 0; i < events; ++i) {
    const int a = i < people() ? i : any(people());
    if (random_.chance(0.2)) {
      const int b = other(a), place = any(world_.places.size());
      if (world_.cast[a].place != place && world_.cast[b].place != place) {
        world_.happen({.kind = Event::go_together, .a = a, .b = b, .place = place});
        continue;
      }
    }
    if (world_.cast[a].place < 0) {
      arrive(a);
    } else {
      go(a);
    }
  }
  return std::move(world_);
}

World Director::counts() {
  world_.countable = casting_.countable();
  for (int i = 0; i < people(); ++i) world_.happen({.kind = Event::count_have, .a = i, .number = 1 + any(6)});
  const int events = 1 + any(2);
  for (int i = 0; i < events; ++i) {
    const int a = any(people());
    Event event{.kind = Event::count_more, .a = a, .number = 1 + any(3)};
    const uint64_t what = random_.below(3);
    const int had = world_.cast[a].count;
    if (what == 0 || had <= event.number) {
      if (!casting_.sum_allowed(had, event.number)) continue;
    } else {
      event.kind = what == 1 || people() < 2 ? Event::count_less : Event::count_give;
      if (!casting_.sum_allowed(had - event.number, event.number)) continue;
      if (event.kind == Event::count_give) {
        event.b = other(a);
        if (!casting_.sum_allowed(world_.cast[event.b].count, event.number)) continue;
      }
    }
    world_.happen(event);
  }
  return std::move(world_);
}

World Director::traits() {
  enum { food, animal, feeling, kinds };
  int kind = any(kinds);
  const int rounds = 1 + any(2);
  std::vector<int> pets, moods;
  for (int round = 0; round < rounds; ++round, kind = (kind + 1) % kinds) {
    for (int i = 0; i < people(); ++i) {
      if (kind == food) {
        world_.happen({.kind = Event::likes, .a = i, .number = casting_.food()});
      } else if (kind == animal) {
        int name = any(pet_names().size());
        while (std::find(pets.begin(), pets.end(), name) != pets.end()) name = any(pet_names().size());
        pets.push_back(name);
        world_.happen({.kind = Event::pet, .a = i, .number = casting_.animal(), .second = name});
      } else {
        int mood = any(feelings().size());
        while (std::find(moods.begin(), moods.end(), mood) != moods.end()) mood = any(feelings().size());
        moods.push_back(mood);
        world_.happen({.kind = Event::feels, .a = i, .number = mood});
      }
    }
  }
  if (random_.chance(0.5)) arrive(any(people()));
  return std::move(world_);
}

}  // namespace

World make_scene(Casting& casting, Theme theme) {
  Random& random = casting.random();
  const int people = 2 + static_cast<int>(random.below(2));
  switch (theme) {
    case Theme::things:
      return Director(casting, people, 2 + random.below(2), 1 + random.below(2)).things();
    case Theme::travel:
      return Director(casting, people, 3, 0).travel();
    case Theme::counts:
      return Director(casting, random.chance(0.8) ? 2 : 1, 0, 0).counts();
    case Theme::traits:
      return Director(casting, people, 2, 0).traits();
  }
  return {};
}

}  // namespace persea::smallworld
