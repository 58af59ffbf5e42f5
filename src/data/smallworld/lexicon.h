// The words of smallworld and which of them, and which pairs of them, are held out of the documents. No grammar here.
#pragma once

#include <span>
#include <string_view>

namespace persea::smallworld {

struct Name {
  std::string_view text;
  bool she;
};
struct Place {
  std::string_view noun, preposition;
};
struct Countable {
  std::string_view one, many;
};

std::span<const Name> names();
std::span<const Place> places();
std::span<const std::string_view> things();
std::span<const std::string_view> colours();
std::span<const std::string_view> foods();
std::span<const std::string_view> animals();
std::span<const std::string_view> pet_names();
std::span<const std::string_view> feelings();
std::span<const std::string_view> reasons();  // what people want to do somewhere: "play", "rest"
std::span<const Countable> countables();

// A name that stands in plain stories only.
bool held_name(int name);
// A pair of words that never stand in one document. A name is kept from 1 or 2 places, 2 or 3 things, a food and
// an animal, a thing from a colour: a table rather than chance, so that words that go together can always be found.
enum class Sort { place, thing, food, animal };
bool held_pair(int name, Sort sort, int word);
bool held_colour(int thing, int colour);
// A sum that is never computed; symmetric.
bool held_sum(int a, int b);

}  // namespace persea::smallworld
