#include "curate/rule_pack.h"

#include <fmt/ranges.h>

#include <algorithm>

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
                            {"gopher-repetition", make_gopher_repetition},
                            {"language", make_language}};

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

void RulePack::judge(Judging& judging, Decision& decision) const {
  decision.clear();
  const size_t bytes = judging.parts.text().size(), longest = std::min<size_t>(judging.longest_text, UINT32_MAX - 1);
  if (bytes > longest) {
    drop(decision, "too_long_to_judge", static_cast<double>(bytes), static_cast<double>(longest),
         judging.parts.whole());
  } else {
    decide(judging, decision);
  }
}

double share(uint64_t a, uint64_t b) { return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b); }
double share_at_least_one(uint64_t a, uint64_t b) { return share(a, b == 0 ? 1 : b); }

void drop(Decision& decision, std::string_view reason, double figure, double limit, Place place) {
  decision.verdict = Verdict::drop;
  decision.reason = reason;
  decision.figure = figure;
  decision.limit = limit;
  decision.place = place;
}

}  // namespace persea::curate
