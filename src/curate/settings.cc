#include "curate/settings.h"

#include <cmath>

namespace persea::curate {

bool take_setting(const Json& said, bool& value) {
  if (!said.is_boolean()) return false;
  value = said.get<bool>();
  return true;
}

bool take_setting(const Json& said, int64_t& value) {
  if (!said.is_number_integer() || (said.is_number_unsigned() && said.get<uint64_t>() > INT64_MAX)) return false;
  value = said.get<int64_t>();
  return true;
}

bool take_setting(const Json& said, double& value) {
  if (!said.is_number() || !std::isfinite(said.get<double>())) return false;
  value = said.get<double>();
  return true;
}

bool take_setting(const Json& said, std::string& value) {
  if (!said.is_string()) return false;
  value = said.get<std::string>();
  return true;
}

bool take_setting(const Json& said, std::vector<std::string>& value) {
  if (!said.is_array()) return false;
  std::vector<std::string> all(said.size());
  for (size_t i = 0; i < all.size(); ++i)
    if (!take_setting(said[i], all[i])) return false;
  value = std::move(all);
  return true;
}

bool take_setting(const Json& said, std::vector<RowLimit>& value) {
  if (!said.is_array()) return false;
  std::vector<RowLimit> all(said.size());
  for (size_t i = 0; i < all.size(); ++i) {
    if (!said[i].is_array() || said[i].size() != 2) return false;
    if (!take_setting(said[i][0], all[i].words) || !take_setting(said[i][1], all[i].limit)) return false;
    if (all[i].words < 1 || all[i].words > 1000) return false;
  }
  value = std::move(all);
  return true;
}

Json setting_json(const std::vector<RowLimit>& value) {
  Json all = Json::array();
  for (const RowLimit& limit : value) all.push_back(Json::array({limit.words, limit.limit}));
  return all;
}

Error unknown_setting(std::string_view pack, const std::string& key, const std::vector<std::string>& known) {
  const std::string near = nearest(key, known);
  return near.empty() ? fail("{}: `{}` is no setting", pack, key)
                      : fail("{}: `{}` is no setting: did you mean `{}`?", pack, key, near);
}

}  // namespace persea::curate
