#include "data/curation/plan.h"

#include <algorithm>

#include "base/hash.h"
#include "data/corpus_stage.h"

namespace persea::curation {
namespace {

// Why a source may not be read; "" where it may.
std::string forbidden(const Source& source, const Require& require) {
  if (require.consent && !source.consent) return "no consent";
  const auto& licences = require.licences;
  if (!licences.empty() && std::find(licences.begin(), licences.end(), source.licence) == licences.end())
    return source.licence.empty() ? "no licence is said" : "licence " + source.licence;
  return "";
}

std::vector<Unit> make_units(const std::vector<PlannedFile>& files) {
  std::vector<Unit> units;
  for (uint32_t i = 0; i < files.size(); ++i) {
    const bool joins = !units.empty() && files[units.back().first].source == files[i].source &&
                       units.back().bytes + files[i].bytes <= kUnitBytes;
    if (!joins) units.push_back({i, 0, 0});
    ++units.back().files;
    units.back().bytes += files[i].bytes;
  }
  return units;
}

}  // namespace

std::string Plan::digest() const {
  Sha256 digest;
  for (const PlannedFile& file : files)
    digest.update(canonical_json({file.source, file.name, file.digest, file.unreadable}));
  return digest.hex();
}

int64_t Plan::bytes() const {
  int64_t sum = 0;
  for (const PlannedFile& file : files) sum += file.bytes;
  return sum;
}

Json Plan::json() const {
  Json all = Json::array();
  for (const PlannedFile& file : files)
    all.push_back({file.source, file.name, file.path, file.digest, file.unreadable, file.bytes});
  return all;
}

Plan Plan::from_json(const Json& json) {
  Plan plan;
  for (const Json& file : json) plan.files.push_back({file[0], file[1], file[2], file[3], file[4], file[5]});
  plan.units = make_units(plan.files);
  return plan;
}

Result<Plan> make_plan(const Recipe& recipe) {
  Plan plan;
  for (uint32_t i = 0; i < recipe.sources.size(); ++i) {
    const Source& source = recipe.sources[i];
    if (const std::string reason = forbidden(source, recipe.require); !reason.empty()) {
      plan.left_out.push_back({source.name, reason});
      continue;
    }
    PERSEA_TRY(const std::vector<FoundFile> files, find_files(source.path));
    const bool folder = fs::is_directory(source.path);
    for (const FoundFile& file : files) {
      const fs::path path = folder ? fs::path(source.path) / file.name : fs::path(source.path);
      plan.files.push_back({i, file.name, path.string(), file.digest, file.unreadable, file.bytes});
    }
  }
  if (plan.files.empty())
    return fail("{}: no source has what [require] demands: set their consent and licence", recipe.where);
  plan.units = make_units(plan.files);
  return plan;
}

}  // namespace persea::curation
