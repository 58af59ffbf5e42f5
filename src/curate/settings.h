// Settings of a rule pack as JSON, one list of fields for both directions: `Settings::fields(visit)` calls visit(name,
// value) for each, and `Settings::kZeroIsOff` tells whether 0 turns a limit off, which null then says too. What is said
// and unknown, or of another type, is refused with the key's name.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/json.h"

namespace persea::curate {

// A limit for rows of n words.
struct RowLimit {
  int64_t words = 0;
  double limit = 0;
  bool operator==(const RowLimit&) const = default;
};

// Each takes what fits its type, and says whether it did.
bool take_setting(const Json& said, bool& value);
bool take_setting(const Json& said, int64_t& value);
bool take_setting(const Json& said, double& value);  // finite
bool take_setting(const Json& said, std::string& value);
bool take_setting(const Json& said, std::vector<std::string>& value);
bool take_setting(const Json& said, std::vector<RowLimit>& value);  // [[words, limit], ...], words from 1 to 1000

// What null says, as in Python's programs: a limit is turned off where 0 does that, a list of words is the published
// one. False: it says nothing here.
template <class T>
bool take_null([[maybe_unused]] T& value, [[maybe_unused]] bool zero_is_off) {
  if constexpr (std::is_same_v<T, int64_t> || std::is_same_v<T, double>) {
    if (zero_is_off) value = 0;
    return zero_is_off;
  }
  return std::is_same_v<T, std::vector<std::string>>;
}

Json setting_json(const std::vector<RowLimit>& value);
template <class T>
Json setting_json(const T& value) {
  return value;
}

// "gopher-quality: `min_words` is no setting: did you mean ...?"
Error unknown_setting(std::string_view pack, const std::string& key, const std::vector<std::string>& known);

template <class Settings>
Result<Settings> read_settings(const Json& said, std::string_view pack) {
  if (!said.is_object()) return fail("{}: settings have to be an object", pack);
  Settings settings;
  std::vector<std::string> known;
  std::string wrong;
  settings.fields([&](const char* name, auto& value) {
    known.emplace_back(name);
    const auto it = said.find(name);
    if (it == said.end()) return;
    const bool taken = it->is_null() ? take_null(value, Settings::kZeroIsOff) : take_setting(*it, value);
    if (!taken && wrong.empty()) wrong = name;
  });
  if (!wrong.empty()) return fail("{}: `{}` cannot be {}", pack, wrong, said.at(wrong).dump());
  for (const auto& item : said.items())
    if (std::find(known.begin(), known.end(), item.key()) == known.end())
      return unknown_setting(pack, item.key(), known);
  return settings;
}

template <class Settings>
Json settings_json(Settings settings) {
  Json all = Json::object();
  settings.fields([&](const char* name, auto& value) { all[name] = setting_json(value); });
  return all;
}

}  // namespace persea::curate
