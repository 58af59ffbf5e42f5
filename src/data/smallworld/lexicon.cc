#include "data/smallworld/lexicon.h"

#include <algorithm>
#include <string>

#include "base/hash.h"

namespace persea::smallworld {
namespace {

constexpr Name kNames[] = {
    {"Anna", true},  {"Ben", false},    {"Clara", true}, {"Dan", false},  {"Ella", true}, {"Finn", false},
    {"Gina", true},  {"Hugo", false},   {"Ida", true},   {"Jack", false}, {"Kate", true}, {"Leo", false},
    {"Mia", true},   {"Ned", false},    {"Olga", true},  {"Paul", false}, {"Rosa", true}, {"Sam", false},
    {"Tina", true},  {"Victor", false}, {"Wendy", true}, {"Adam", false}, {"Zoe", true},  {"Bob", false},
    {"Amy", true},   {"Carl", false},   {"Bella", true}, {"Eric", false}, {"Eva", true},  {"Felix", false},
    {"Hanna", true}, {"Gus", false},    {"Lily", true},  {"Ivan", false}, {"Nora", true}, {"Luke", false},
    {"Sara", true},  {"Max", false},    {"Vera", true},  {"Tom", false},
};

constexpr Place kPlaces[] = {
    {"park", "in"},    {"garden", "in"}, {"kitchen", "in"}, {"school", "at"}, {"beach", "at"}, {"forest", "in"},
    {"market", "at"},  {"farm", "at"},   {"river", "at"},   {"lake", "at"},   {"barn", "in"},  {"shop", "in"},
    {"station", "at"}, {"castle", "in"}, {"zoo", "at"},     {"tower", "in"},
};

constexpr std::string_view kThings[] = {"ball", "kite", "book", "doll", "drum", "cup",  "hat", "box",   "bag",  "lamp",
                                        "boat", "coat", "key",  "map",  "rope", "bowl", "pen", "robot", "ring", "bell"};
constexpr std::string_view kColours[] = {"red", "blue", "green", "yellow", "black", "white", "brown", "pink", "purple"};
constexpr std::string_view kFoods[] = {"bread", "cheese", "soup", "cake", "honey",
                                       "milk",  "rice",   "jam",  "tea",  "fish"};
constexpr std::string_view kAnimals[] = {"dog",  "cat", "rabbit", "duck",  "horse",
                                         "goat", "hen", "frog",   "mouse", "pig"};
constexpr std::string_view kPetNames[] = {"Rex", "Coco", "Spot", "Milo", "Lucky", "Pepper", "Bingo", "Star"};
constexpr std::string_view kFeelings[] = {"happy", "sad", "tired", "angry", "hungry", "scared", "cold", "sick"};
constexpr std::string_view kReasons[] = {"play",  "rest", "run",  "sing", "draw",
                                         "dance", "read", "help", "hide", "sleep"};
constexpr Countable kCountables[] = {
    {"apple", "apples"}, {"pear", "pears"}, {"nut", "nuts"}, {"shell", "shells"},
    {"coin", "coins"},   {"card", "cards"}, {"egg", "eggs"}, {"stone", "stones"},
};

}  // namespace

std::span<const Name> names() { return kNames; }
std::span<const Place> places() { return kPlaces; }
std::span<const std::string_view> things() { return kThings; }
std::span<const std::string_view> colours() { return kColours; }
std::span<const std::string_view> foods() { return kFoods; }
std::span<const std::string_view> animals() { return kAnimals; }
std::span<const std::string_view> pet_names() { return kPetNames; }
std::span<const std::string_view> feelings() { return kFeelings; }
std::span<const std::string_view> reasons() { return kReasons; }
std::span<const Countable> countables() { return kCountables; }

bool held_name(int name) { return name % 5 == 4; }

bool held_pair(int name, Sort sort, int word) {
  switch (sort) {
    case Sort::place:
      return (3 * name + word) % 10 == 0;
    case Sort::thing:
      return (5 * name + word) % 7 == 0;
    case Sort::food:
      return (5 * name + word) % 12 == 0;
    case Sort::animal:
      return (7 * name + word) % 12 == 0;
  }
  return false;
}

bool held_colour(int thing, int colour) { return (2 * thing + colour) % 9 == 0; }

bool held_sum(int a, int b) {
  return hash64(std::to_string(std::min(a, b)) + '+' + std::to_string(std::max(a, b)), 0x73756d) % 8 == 0;
}

}  // namespace persea::smallworld
