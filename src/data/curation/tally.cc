#include "data/curation/tally.h"

#include <algorithm>
#include <bit>

namespace persea::curation {
namespace {

using Reasons = std::map<std::string, std::map<std::string, Count>>;

void add(Count& into, const Count& count) {
  into.documents += count.documents;
  into.bytes += count.bytes;
}

void add(Reasons& into, const Reasons& reasons) {
  for (const auto& [step, counts] : reasons)
    for (const auto& [reason, count] : counts) add(into[step][reason], count);
}

Json json_of(const Count& count) { return {{"documents", count.documents}, {"bytes", count.bytes}}; }

Json json_of(const Reasons& reasons) {
  Json all = Json::object();
  for (const auto& [step, counts] : reasons)
    for (const auto& [reason, count] : counts) all[step][reason] = json_of(count);
  return all;
}

Count count_of(const Json& json) { return {json.at("documents").get<int64_t>(), json.at("bytes").get<int64_t>()}; }

Reasons reasons_of(const Json& json) {
  Reasons all;
  for (const auto& step : json.items())
    for (const auto& reason : step.value().items()) all[step.key()][reason.key()] = count_of(reason.value());
  return all;
}

}  // namespace

void count_length(LengthCounts& lengths, int64_t bytes) {
  const auto width = std::bit_width(static_cast<uint64_t>(std::max<int64_t>(bytes, 1)));
  ++lengths[std::min<size_t>(width - 1, lengths.size() - 1)];
}

void count_decision(const curate::Decision& decision, const std::string& step, int64_t bytes, Tally& tally) {
  if (decision.verdict == curate::Verdict::drop) tally.dropped[step][decision.reason].add(bytes);
  if (decision.verdict != curate::Verdict::change) return;
  // A document counts once for each reason that something was cut out of it for.
  std::map<std::string_view, int64_t> cut;
  for (const curate::Cut& part : decision.cuts)
    cut[part.reason] += static_cast<int64_t>(part.place.end - part.place.begin);
  for (const auto& [reason, cut_bytes] : cut) tally.changed[step][std::string(reason)].add(cut_bytes);
}

void Tally::add(const Tally& other) {
  files += other.files;
  replaced += other.replaced;
  curation::add(read, other.read);
  curation::add(kept, other.kept);
  for (const auto& [reason, count] : other.skipped) skipped[reason] += count;
  curation::add(dropped, other.dropped);
  curation::add(changed, other.changed);
  for (size_t i = 0; i < read_lengths.size(); ++i) {
    read_lengths[i] += other.read_lengths[i];
    kept_lengths[i] += other.kept_lengths[i];
  }
}

Json Tally::json() const {
  return {{"files", files},
          {"read", json_of(read)},
          {"kept", json_of(kept)},
          {"skipped", skipped},
          {"dropped", json_of(dropped)},
          {"changed", json_of(changed)},
          {"read_lengths", read_lengths},
          {"kept_lengths", kept_lengths},
          {"replaced", replaced}};
}

Result<Tally> Tally::from_json(const Json& json, std::string_view where) {
  try {
    Tally tally;
    tally.files = json.at("files").get<int64_t>();
    tally.read = count_of(json.at("read"));
    tally.kept = count_of(json.at("kept"));
    tally.skipped = json.at("skipped").get<std::map<std::string, int64_t>>();
    tally.dropped = reasons_of(json.at("dropped"));
    tally.changed = reasons_of(json.at("changed"));
    tally.read_lengths = json.at("read_lengths").get<LengthCounts>();
    tally.kept_lengths = json.at("kept_lengths").get<LengthCounts>();
    tally.replaced = json.at("replaced").get<int64_t>();
    return tally;
  } catch (const Json::exception& error) {
    return fail("{}: no counts of curation: {}", where, error.what());
  }
}

}  // namespace persea::curation
