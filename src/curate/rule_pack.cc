#include "curate/rule_pack.h"

#include <fmt/ranges.h>

namespace persea::curate {
namespace {

struct Entry {
  const char* name;
  Result<std::unique_ptr<RulePack>> (*make)(const Json&);
};
constexpr Entry kPacks[] = {{"c4-paragraphs", make_c4_paragraphs},
                            {"c4-quality", make_c4_quality},
                            {"fineweb-quality", make_fineweb_quality},
                            {"gopher-quality", make_gopher_quality},
                            {"gopher-repetition", make_gopher_repetition}};

}  // namespace

const std::vector<std::string>& rule_pack_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Entry& entry : kPacks) all.emplace_back(entry.name);
    return all;
  }();
  return names;
}

Result<std::unique_ptr<RulePack>> make_rule_pack(const std::string& name, const Json& settings) {
  for (const Entry& entry : kPacks)
    if (name == entry.name) return entry.make(settings);
  const std::string near = nearest(name, rule_pack_names());
  return fail("there is no rule pack `{}`: {}", name,
              near.empty() ? fmt::format("name one of {}", fmt::join(rule_pack_names(), ", "))
                           : fmt::format("did you mean `{}`?", near));
}

Status check_dialect(std::string_view pack, const std::string& dialect) {
  if (dialect == "datatrove" || dialect == "dolma") return {};
  return fail("{}: `dialect` has to be \"datatrove\" or \"dolma\", not \"{}\"", pack, dialect);
}

void drop(Decision& decision, std::string_view reason, double figure, double limit, Place place) {
  decision.verdict = Verdict::drop;
  decision.reason = reason;
  decision.figure = figure;
  decision.limit = limit;
  decision.place = place;
}

}  // namespace persea::curate
