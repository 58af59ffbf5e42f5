#include "data/smallworld/world.h"

#include <algorithm>
#include <stdexcept>

#include "data/smallworld/lexicon.h"

namespace persea::smallworld {

template <class Goes>
int Casting::pick(std::vector<int>& used, size_t size, Goes&& goes) {
  std::vector<int> candidates;
  for (int i = 0; i < static_cast<int>(size); ++i) {
    if (std::find(used.begin(), used.end(), i) == used.end() && goes(i)) candidates.push_back(i);
  }
  if (candidates.empty()) throw std::logic_error("smallworld: too large a cast: no word is left that goes with it");
  used.push_back(random_.pick(candidates));
  return used.back();
}

int Casting::name() {
  // With held_names the first name is a held-out one, and later ones may be.
  const bool must = rules_.held_names && names_.empty();
  return pick(names_, names().size(),
              [&](int i) { return held_name(i) ? rules_.held_names || rules_.any_names : !must; });
}

int Casting::prop(Sort sort, std::vector<int>& used, size_t size) {
  return pick(used, size, [&](int i) {
    return rules_.held_pairs ||
           std::none_of(names_.begin(), names_.end(), [&](int name) { return held_pair(name, sort, i); });
  });
}

int Casting::place() { return prop(Sort::place, places_, places().size()); }
int Casting::food() { return prop(Sort::food, foods_, foods().size()); }
int Casting::animal() { return prop(Sort::animal, animals_, animals().size()); }

int Casting::thing() {
  const int colours_used = static_cast<int>(colours_.size());
  return pick(things_, things().size(), [&](int i) {
    if (rules_.held_pairs) return true;
    for (int name : names_) {
      if (held_pair(name, Sort::thing, i)) return false;
    }
    for (int c = 0; c < colours_used; ++c) {
      if (held_colour(i, colours_[c])) return false;
    }
    return true;
  });
}

int Casting::colour() {
  return pick(colours_, colours().size(), [&](int i) {
    return rules_.held_pairs ||
           std::none_of(things_.begin(), things_.end(), [&](int thing) { return held_colour(thing, i); });
  });
}

int Casting::countable() { return static_cast<int>(random_.below(countables().size())); }

bool Casting::sum_allowed(int a, int b) const { return rules_.held_pairs || !held_sum(a, b); }

void World::happen(const Event& event) {
  auto require = [](bool condition, const char* what) {
    if (!condition) throw std::logic_error(std::string("smallworld: impossible event: ") + what);
  };
  auto person = [&](int i) -> Person& {
    require(i >= 0 && i < static_cast<int>(cast.size()), "no such person");
    return cast[i];
  };
  auto the_thing = [&]() -> Thing& {
    require(event.thing >= 0 && event.thing < static_cast<int>(things.size()), "no such thing");
    return things[event.thing];
  };
  switch (event.kind) {
    case Event::be:
    case Event::go:
    case Event::go_why:
      require(person(event.a).place != event.place, "going where one is");
      person(event.a).place = event.place;
      break;
    case Event::go_together:
      require(person(event.a).place != event.place || person(event.b).place != event.place, "going where both are");
      require(event.a != event.b, "alone together");
      person(event.a).place = person(event.b).place = event.place;
      break;
    case Event::lie:
      require(the_thing().holder < 0 && the_thing().place < 0, "the thing is somewhere else");
      the_thing().place = event.place;
      break;
    case Event::have:
      require(the_thing().holder < 0 && the_thing().place < 0, "the thing is somewhere else");
      the_thing().holder = event.a;
      break;
    case Event::take:
      require(the_thing().holder < 0 && the_thing().place >= 0 && the_thing().place == person(event.a).place,
              "taking from afar");
      the_thing().holder = event.a;
      the_thing().place = -1;
      break;
    case Event::give:
      require(the_thing().holder == event.a && event.a != event.b, "giving what one has not");
      require(person(event.a).place == person(event.b).place, "giving from afar");
      the_thing().holder = event.b;
      break;
    case Event::drop:
      require(the_thing().holder == event.a && person(event.a).place >= 0, "dropping what one has not");
      the_thing().holder = -1;
      the_thing().place = person(event.a).place;
      break;
    case Event::count_have:
      require(person(event.a).count < 0, "counted already");
      person(event.a).count = person(event.a).first_count = event.number;
      break;
    case Event::count_more:
      require(person(event.a).count >= 0, "more than nothing");
      person(event.a).count += event.number;
      break;
    case Event::count_less:
      require(person(event.a).count >= event.number, "losing more than one has");
      person(event.a).count -= event.number;
      break;
    case Event::count_give:
      require(person(event.a).count >= event.number && person(event.b).count >= 0, "giving more than one has");
      person(event.a).count -= event.number;
      person(event.b).count += event.number;
      break;
    case Event::likes:
      person(event.a).food = event.number;
      break;
    case Event::pet:
      person(event.a).animal = event.number;
      person(event.a).pet_name = event.second;
      break;
    case Event::feels:
      person(event.a).feeling = event.number;
      break;
  }
  log.push_back(event);
}

std::vector<int> World::held_by(int who) const {
  std::vector<int> held;
  for (int i = 0; i < static_cast<int>(things.size()); ++i) {
    if (things[i].holder == who) held.push_back(i);
  }
  return held;
}

}  // namespace persea::smallworld
