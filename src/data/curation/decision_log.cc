#include "data/curation/decision_log.h"

#include <algorithm>
#include <map>

namespace persea::curation {
namespace {

constexpr size_t kExcerptBytes = 240;

bool inside_character(std::string_view text, size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

}  // namespace

Excerpt excerpt_of(std::string_view text, curate::Place place) {
  const size_t marked = std::min(place.end - place.begin, kExcerptBytes / 2);
  const size_t around = (kExcerptBytes - marked) / 2;
  size_t begin = place.begin > around ? place.begin - around : 0;
  size_t end = std::min(text.size(), place.begin + marked + around);
  size_t mark_end = place.begin + marked;
  while (begin > 0 && inside_character(text, begin)) --begin;
  while (inside_character(text, end)) ++end;
  while (inside_character(text, mark_end)) ++mark_end;
  return {std::string(text.substr(begin, end - begin)), {place.begin - begin, mark_end - begin}};
}

Json decision_head(const Origin& origin, const DocumentId& id, std::string_view step, std::string_view verdict) {
  return {{"source", origin.source}, {"file", origin.file}, {"place", origin.place},
          {"id", to_hex(id)},        {"step", step},        {"verdict", verdict}};
}

std::string decision_line(const Origin& origin, const DocumentId& id, std::string_view step,
                          const curate::Decision& decision, std::string_view text) {
  const bool dropped = decision.verdict == curate::Verdict::drop;
  Json line = decision_head(origin, id, step, dropped ? "drop" : "change");
  curate::Place place = decision.place;
  if (dropped) {
    line["reason"] = decision.reason;
    line["figure"] = decision.figure;
    line["limit"] = decision.limit;
  } else {
    std::map<std::string_view, std::pair<int64_t, int64_t>> reasons;
    for (const curate::Cut& cut : decision.cuts) {
      auto& [count, bytes] = reasons[cut.reason];
      ++count;
      bytes += static_cast<int64_t>(cut.place.end - cut.place.begin);
    }
    line["cuts"] = Json::array();
    for (const auto& [reason, sums] : reasons)
      line["cuts"].push_back({{"reason", reason}, {"count", sums.first}, {"bytes", sums.second}});
    if (!decision.cuts.empty()) place = decision.cuts.front().place;
  }
  const Excerpt excerpt = excerpt_of(text, place);
  line["bytes"] = text.size();
  line["excerpt"] = excerpt.text;
  line["mark"] = {excerpt.mark.begin, excerpt.mark.end};
  return canonical_json(line) + '\n';
}

}  // namespace persea::curation
