#include "data/smallworld/quiz.h"

#include <algorithm>

#include "data/smallworld/lexicon.h"

namespace persea::smallworld {

namespace {

class Examiner {
 public:
  explicit Examiner(const World& world) : world_(world) {}
  std::vector<Question> ask() {
    for (int a = 0; a < static_cast<int>(world_.cast.size()); ++a) about_person(a);
    for (int t = 0; t < static_cast<int>(world_.things.size()); ++t) about_thing(t);
    for (size_t i = 0; i < world_.log.size(); ++i) about_event(i);
    for (int p = 0; p < static_cast<int>(world_.places.size()); ++p) about_place(p);
    about_counts();
    return std::move(questions_);
  }

 private:
  const Person& person(int a) const { return world_.cast[a]; }
  std::string_view name(int a) const { return names()[person(a).name].text; }
  std::string_view noun(int t) const { return things()[world_.things[t].noun]; }

  // The question's slots with a as A (and b as B).
  Slots people(int a, int b = -1) const {
    Slots slots;
    slots.person("A", person(a).name);
    if (b >= 0) slots.person("B", person(b).name);
    return slots;
  }
  bool held(int a) const { return held_name(person(a).name); }
  bool held_place(int a, int place) const { return held_pair(person(a).name, Sort::place, world_.places[place]); }
  bool held_thing(int a, int t) const { return held_pair(person(a).name, Sort::thing, world_.things[t].noun); }

  Question& add(std::string_view kind, Slots slots, std::string_view answer, std::vector<std::string> accepted) {
    Question& question = questions_.emplace_back();
    question.kind = kind;
    question.answer = slots.fill(answer);
    question.slots = std::move(slots);
    question.accepted = std::move(accepted);
    return question;
  }
  // Wrong answers: all of the sort that the story names, but those that stand in the question or the answer, and two
  // strangers.
  void wrong_people(Question& question, std::initializer_list<int> not_wrong) {
    for (int i = 0; i < static_cast<int>(names().size()); ++i) {
      const bool named = std::any_of(not_wrong.begin(), not_wrong.end(), [&](int a) { return person(a).name == i; });
      if (!named) question.wrong.emplace_back(names()[i].text);
    }
  }
  template <class Words, class Text>
  static void wrong_words(Question& question, const Words& words, std::initializer_list<std::string_view> not_wrong,
                          Text&& text) {
    for (const auto& word : words) {
      if (std::find(not_wrong.begin(), not_wrong.end(), text(word)) == not_wrong.end())
        question.wrong.emplace_back(text(word));
    }
  }
  void wrong_places(Question& question, std::initializer_list<int> not_wrong) {
    for (int i = 0; i < static_cast<int>(places().size()); ++i) {
      const bool named = std::any_of(not_wrong.begin(), not_wrong.end(), [&](int p) { return world_.places[p] == i; });
      if (!named) question.wrong.emplace_back(places()[i].noun);
    }
  }
  void wrong_things(Question& question, int t) {
    wrong_words(question, things(), {noun(t)}, [](auto word) { return word; });
  }
  static std::vector<std::string> place_forms(const Slots& slots, std::string_view key) {
    const std::string k(key);
    return {std::string(slots.get(k + ".noun")), std::string(slots.get(k)), std::string(slots.get(k + ".at"))};
  }

  void about_person(int a);
  void about_thing(int t);
  void about_event(size_t i);
  void about_place(int p);
  void about_counts();

  const World& world_;
  std::vector<Question> questions_;
};

void Examiner::about_person(int a) {
  const Person& who = person(a);
  if (who.place >= 0) {
    Slots slots = people(a);
    slots.place("P", world_.places[who.place]);
    Question& where = add("where", slots, "Now {A} is {P.at}.", place_forms(slots, "P"));
    where.on_held_name = held(a);
    where.on_held_pair = held_place(a, who.place);
    wrong_places(where, {who.place});

    for (int asked = 0; asked < static_cast<int>(world_.places.size()); ++asked) {
      Slots other = people(a);
      other.place("P", world_.places[asked]).place("Q", world_.places[who.place]);
      const bool yes = asked == who.place;
      // As many questions with yes as with no.
      if (!yes && asked != (who.place + 1 + a) % static_cast<int>(world_.places.size())) continue;
      Question& is = add("yes_place", other, yes ? "Yes, {A} is {P.at}." : "No, {A} is {Q.at}.", {yes ? "yes" : "no"});
      is.on_held_name = held(a);
      is.on_held_pair = held_place(a, who.place);
      is.wrong.emplace_back(yes ? "no" : "yes");
      wrong_places(is, {asked, who.place});
    }
    std::vector<int> company;
    bool all_known = true;
    for (int b = 0; b < static_cast<int>(world_.cast.size()); ++b) {
      if (b != a && person(b).place == who.place) company.push_back(b);
      all_known = all_known && person(b).place >= 0;
    }
    if (company.size() == 1 && all_known) {
      const int b = company[0];
      Slots both = people(a, b);
      both.place("P", world_.places[who.place]);
      Question& with = add("with", both, "With {A} is {B}.", {std::string(name(b))});
      with.on_held_name = held(a) || held(b);
      with.on_held_pair = held_place(a, who.place) || held_place(b, who.place);
      wrong_people(with, {a, b});
    }
  }
  const std::vector<int> held_things = world_.held_by(a);
  if (held_things.size() == 1) {
    const int t = held_things[0];
    Slots slots = people(a);
    slots.set("T", noun(t)).set("C", colours()[world_.things[t].colour]);
    Question& what = add("what_has", slots, "Now {A} has the {T}.",
                         {slots.fill("{T}"), slots.fill("the {T}"), slots.fill("a {T}"), slots.fill("{C} {T}"),
                          slots.fill("the {C} {T}"), slots.fill("a {C} {T}")});
    what.on_held_name = held(a);
    what.on_held_pair = held_thing(a, t);
    wrong_things(what, t);
  }
  if (who.food >= 0) {
    Slots slots = people(a);
    slots.set("F", foods()[who.food]);
    const bool pair = held_pair(who.name, Sort::food, who.food);
    Question& likes = add("likes", slots, "I know {A} likes {F}.", {slots.fill("{F}")});
    likes.on_held_name = held(a);
    likes.on_held_pair = pair;
    wrong_words(likes, foods(), {foods()[who.food]}, [](auto word) { return word; });
    Question& who_likes = add("who_likes", slots, "The one who likes {F} is {A}.", {std::string(name(a))});
    who_likes.on_held_name = held(a);
    who_likes.on_held_pair = pair;
    wrong_people(who_likes, {a});
  }
  if (who.animal >= 0) {
    Slots slots = people(a);
    slots.set("M", animals()[who.animal]).set("M.name", pet_names()[who.pet_name]);
    const bool pair = held_pair(who.name, Sort::animal, who.animal);
    Question& pet = add("pet", slots, "I know {A} has a {M}.", {slots.fill("{M}"), slots.fill("a {M}")});
    pet.on_held_name = held(a);
    pet.on_held_pair = pair;
    wrong_words(pet, animals(), {animals()[who.animal]}, [](auto word) { return word; });
    Question& named = add("pet_name", slots, "The {M} is named {M.name}.", {slots.fill("{M.name}")});
    named.on_held_name = held(a);
    named.on_held_pair = pair;
    wrong_words(named, pet_names(), {pet_names()[who.pet_name]}, [](auto word) { return word; });
  }
  if (who.feeling >= 0) {
    Slots slots = people(a);
    slots.set("E", feelings()[who.feeling]);
    Question& feels = add("feels", slots, "Now {A} is {E}.", {slots.fill("{E}")});
    feels.on_held_name = held(a);
    wrong_words(feels, feelings(), {feelings()[who.feeling]}, [](auto word) { return word; });
    Question& who_feels = add("who_feels", slots, "The one who is {E} is {A}.", {std::string(name(a))});
    who_feels.on_held_name = held(a);
    wrong_people(who_feels, {a});
  }
}

void Examiner::about_thing(int t) {
  const Thing& thing = world_.things[t];
  Slots slots;
  slots.set("T", noun(t)).set("C", colours()[thing.colour]);
  Question& colour = add("colour", slots, "The {T} is {C}.", {slots.fill("{C}")});
  colour.on_held_pair = held_colour(thing.noun, thing.colour);
  wrong_words(colour, colours(), {colours()[thing.colour]}, [](auto word) { return word; });

  const int place = thing.holder >= 0 ? person(thing.holder).place : thing.place;
  if (place >= 0) {
    Slots where_slots = slots;
    where_slots.place("P", world_.places[place]);
    Question& where = add("where_thing", where_slots, "The {T} is {P.at}.", place_forms(where_slots, "P"));
    where.on_held_name = thing.holder >= 0 && held(thing.holder);
    where.on_held_pair = thing.holder >= 0 && (held_place(thing.holder, place) || held_thing(thing.holder, t));
    wrong_places(where, {place});
  }
  if (thing.holder < 0) return;
  const int holder = thing.holder;
  Slots has = people(holder);
  has.set("T", noun(t));
  Question& who = add("who_has", has, "The {T} is with {A}.", {std::string(name(holder))});
  who.on_held_name = held(holder);
  who.on_held_pair = held_thing(holder, t);
  wrong_people(who, {holder});
  for (int asked : {holder, (holder + 1) % static_cast<int>(world_.cast.size())}) {
    Slots does = people(asked, holder);
    does.set("T", noun(t));
    const bool yes = asked == holder;
    Question& question = add("yes_thing", does, yes ? "Yes, {A} has it." : "No, {B} has it.", {yes ? "yes" : "no"});
    question.on_held_name = held(asked) || held(holder);
    question.on_held_pair = held_thing(holder, t);
    question.wrong.emplace_back(yes ? "no" : "yes");
    wrong_people(question, {asked, holder});
  }
}

void Examiner::about_event(size_t i) {
  const Event& event = world_.log[i];
  // Whether another event of this kind would answer the question differently.
  auto only = [&](auto&& same) {
    return std::count_if(world_.log.begin(), world_.log.end(),
                         [&](const Event& e) { return e.kind == event.kind && same(e); }) == 1;
  };
  if (event.kind == Event::give) {
    Slots slots = people(event.a, event.b);
    slots.set("T", noun(event.thing));
    const bool name_held = held(event.a) || held(event.b);
    const bool pair_held = held_thing(event.a, event.thing) || held_thing(event.b, event.thing);
    if (only([&](const Event& e) { return e.a == event.a && e.b == event.b; })) {
      Question& what =
          add("gave_what", slots, "Then {A} gave {B} the {T}.", {slots.fill("{T}"), slots.fill("the {T}")});
      what.on_held_name = name_held;
      what.on_held_pair = pair_held;
      wrong_things(what, event.thing);
    }
    if (only([&](const Event& e) { return e.b == event.b && e.thing == event.thing; })) {
      Question& who = add("gave_who", slots, "The {T} came to {B} from {A}.", {std::string(name(event.a))});
      who.on_held_name = name_held;
      who.on_held_pair = pair_held;
      wrong_people(who, {event.a, event.b});
    }
    if (only([&](const Event& e) { return e.a == event.a && e.thing == event.thing; })) {
      Question& to = add("gave_to", slots, "Then {A} gave the {T} to {B}.", {std::string(name(event.b))});
      to.on_held_name = name_held;
      to.on_held_pair = pair_held;
      wrong_people(to, {event.a, event.b});
    }
  }
  if (event.kind == Event::go_why) {
    // One went there once, and is there still.
    const auto arrivals = std::count_if(world_.log.begin(), world_.log.end(), [&](const Event& e) {
      return e.place == event.place && (e.a == event.a || e.b == event.a);
    });
    if (arrivals == 1 && person(event.a).place == event.place) {
      Slots slots = people(event.a);
      slots.place("P", world_.places[event.place]).set("R", reasons()[event.number]);
      Question& why = add("why", slots, "Because {A} wanted to {R}.", {slots.fill("{R}"), slots.fill("to {R}")});
      why.on_held_name = held(event.a);
      why.on_held_pair = held_place(event.a, event.place);
      wrong_words(why, reasons(), {reasons()[event.number]}, [](auto word) { return word; });
    }
  }
}

void Examiner::about_place(int p) {
  // Arrivals here, and every person's way.
  std::vector<const Event*> arrivals;
  for (const Event& event : world_.log) {
    if (event.place == p && event.a >= 0) arrivals.push_back(&event);
  }
  if (arrivals.size() >= 2 && arrivals[0]->b < 0) {
    const bool others = std::any_of(arrivals.begin() + 1, arrivals.end(),
                                    [&](const Event* e) { return e->a != arrivals[0]->a || e->b >= 0; });
    if (others) {
      const int a = arrivals[0]->a;
      Slots slots = people(a);
      slots.place("P", world_.places[p]);
      Question& first = add("first", slots, "The first {P.at} was {A}.", {std::string(name(a))});
      first.on_held_name = held(a);
      first.on_held_pair = held_place(a, p);
      wrong_people(first, {a});
    }
  }
  for (int a = 0; a < static_cast<int>(world_.cast.size()); ++a) {
    int previous = -1, before = -1, visits = 0;
    for (const Event& event : world_.log) {
      if (event.place < 0 || (event.a != a && event.b != a)) continue;
      if (event.place == p && previous != p) {
        ++visits;
        before = previous;
      }
      previous = event.place;
    }
    if (visits != 1 || before < 0 || person(a).place != p) continue;
    Slots slots = people(a);
    slots.place("P", world_.places[p]).place("Q", world_.places[before]);
    Question& was = add("before", slots, "Before that {A} was {Q.at}.", place_forms(slots, "Q"));
    was.on_held_name = held(a);
    was.on_held_pair = held_place(a, before);
    wrong_places(was, {before, p});
  }
}

// The numbers 0 to 30 but those given.
std::vector<std::string> other_numbers(std::initializer_list<int> not_wrong) {
  std::vector<std::string> numbers;
  for (int n = 0; n <= 30; ++n) {
    if (std::find(not_wrong.begin(), not_wrong.end(), n) == not_wrong.end()) numbers.push_back(std::to_string(n));
  }
  return numbers;
}

void Examiner::about_counts() {
  if (world_.countable < 0) return;
  for (int a = 0; a < static_cast<int>(world_.cast.size()); ++a) {
    bool changed = false, held_out = false;
    int had = person(a).first_count;
    for (const Event& event : world_.log) {
      if (event.kind < Event::count_more || event.kind > Event::count_give || (event.a != a && event.b != a)) continue;
      changed = true;
      const bool gains = event.kind == Event::count_more || event.b == a;
      held_out = held_out || held_sum(gains ? had : had - event.number, event.number);
      had += gains ? event.number : -event.number;
    }
    Slots slots = people(a);
    slots.set("I", countables()[world_.countable].many).number("N", person(a).count, world_.countable);
    Question& count =
        add("count", slots, "Now {A} has {N} {N.items}.", {slots.fill("{N}"), slots.fill("{N} {N.items}")});
    count.on_held_name = held(a);
    count.on_held_pair = held_out;
    count.wrong = other_numbers({person(a).count});
    if (!changed) continue;
    slots.number("N", person(a).first_count, world_.countable);
    Question& first =
        add("count_first", slots, "At first {A} had {N} {N.items}.", {slots.fill("{N}"), slots.fill("{N} {N.items}")});
    first.on_held_name = held(a);
    first.wrong = other_numbers({person(a).first_count});
  }
  if (world_.cast.size() != 2) return;
  const int more = person(0).count >= person(1).count ? 0 : 1;
  if (person(0).count != person(1).count) {
    Slots slots = people(more);
    slots.set("I", countables()[world_.countable].many);
    Question& who = add("more", slots, "The one with more {I} is {A}.", {std::string(name(more))});
    who.on_held_name = held(more);
    wrong_people(who, {more});
  }
  const int sum = person(0).count + person(1).count;
  Slots slots = people(0, 1);
  slots.set("I", countables()[world_.countable].many).number("N", sum, world_.countable);
  Question& together = add("together", slots, "Together {A} and {B} have {N} {N.items}.",
                           {slots.fill("{N}"), slots.fill("{N} {N.items}")});
  together.on_held_name = held(0) || held(1);
  together.on_held_pair = held_sum(person(0).count, person(1).count);
  together.wrong = other_numbers({sum});
}

}  // namespace

std::vector<Question> questions_about(const World& world) { return Examiner(world).ask(); }

}  // namespace persea::smallworld
