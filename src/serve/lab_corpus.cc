// A curated corpus as the page shows it: the funnel, decisions drawn by lot, copies. Answers are bounded whatever the
// corpus holds.
#include <algorithm>

#include "data/curation/card.h"
#include "data/curation/lookup.h"
#include "data/curation/samples.h"
#include "data/curation/tally.h"
#include "serve/lab_common.h"
#include "serve/lab_view.h"

namespace persea {
namespace {

using http::ApiError;
using namespace curation;

constexpr int64_t kUsualSample = 10, kMostSample = 50;
constexpr size_t kMostSources = 200, kMostReasons = 400, kMembers = 4, kLongestName = 300, kKeptExcerpt = 400;
constexpr uintmax_t kMostFunnel = 64 << 20;

// At most so many bytes of a text, cut where a character ends.
std::string beginning(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return std::string(text.substr(0, bytes));
}

std::string name_of(std::string_view name) { return beginning(name, kLongestName); }

Json json_of(const Count& count) { return {{"documents", count.documents}, {"bytes", count.bytes}}; }

using Reasons = std::map<std::string, std::map<std::string, Count>>;

// [{step, documents, bytes, reasons: [{reason, documents, bytes}]}] in the order of judging, reasons by bytes.
Json steps_json(const Reasons& steps, const std::vector<std::string>& order, size_t most) {
  std::vector<std::string> names;
  for (const std::string& name : order) {
    if (steps.count(name) && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  for (const auto& [name, reasons] : steps) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  Json list = Json::array();
  for (const std::string& name : names) {
    std::vector<std::pair<std::string, Count>> sorted(steps.at(name).begin(), steps.at(name).end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second.bytes > b.second.bytes; });
    Count sum;
    Json reasons = Json::array();
    for (const auto& [reason, count] : sorted) {
      sum.documents += count.documents;
      sum.bytes += count.bytes;
      if (reasons.size() == most) continue;
      Json one = json_of(count);
      one["reason"] = name_of(reason);
      reasons.push_back(std::move(one));
    }
    Json step = json_of(sum);
    step["step"] = name_of(name);
    if (most > 0) step["reasons"] = std::move(reasons);
    list.push_back(std::move(step));
  }
  return list;
}

Json skipped_json(const std::map<std::string, int64_t>& skipped) {
  std::vector<std::pair<std::string, int64_t>> sorted(skipped.begin(), skipped.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  Json list = Json::array();
  for (const auto& [reason, items] : sorted) {
    if (list.size() < kMostReasons) list.push_back({{"reason", name_of(reason)}, {"items", items}});
  }
  return list;
}

Json tally_json(const Tally& tally, const std::vector<std::string>& order, size_t most) {
  return {{"files", tally.files},
          {"read", json_of(tally.read)},
          {"kept", json_of(tally.kept)},
          {"dropped", steps_json(tally.dropped, order, most)},
          {"read_lengths", tally.read_lengths},
          {"kept_lengths", tally.kept_lengths}};
}

void name_within_bounds(Json& json) {
  for (const char* name : {"source", "file", "place", "reason"}) {
    if (json.contains(name)) json[name] = name_of(json[name].get<std::string>());
  }
}

Json other_json(const DecisionLine::Other& other) {
  Json json = other.json();
  name_within_bounds(json);
  return json;
}

Json decision_json(const DecisionLine& line) {
  Json json = line.json();
  name_within_bounds(json);
  if (line.of) json["of"] = other_json(*line.of);
  return json;
}

// The first lines of altered.jsonl, as they stand there.
Json altered_json(const fs::path& folder, size_t count) {
  Json list = Json::array();
  std::error_code error;
  if (!fs::exists(folder / "altered.jsonl", error)) return nullptr;
  const auto file = MappedFile::open(folder / "altered.jsonl");
  if (!file) return nullptr;
  std::string_view rest = file->text();
  while (!rest.empty() && list.size() < count) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    constexpr size_t kLongest = 16 << 10;
    if (end <= kLongest) {
      auto line = parse_json(rest.substr(0, end), "altered.jsonl");
      const bool pair = line && line->is_object() && line->contains("original") && line->contains("copy") &&
                        line->value("differences", Json()).is_array();
      if (pair) list.push_back(std::move(*line));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return list;
}

}  // namespace

std::variant<Artifact, ApiError> LabView::corpus(std::string_view id) {
  if (!lab_) return no_lab();
  const std::lock_guard lock(mutex_);
  auto found = exactly(*lab_, id);
  if (auto* artifact = std::get_if<Artifact>(&found)) {
    std::error_code error;
    if (artifact->kind != "corpus" || !fs::exists(artifact->file("funnel.json"), error))
      return ApiError{.status = 404,
                      .message = fmt::format("{} is no corpus that was curated: nothing was decided there", id),
                      .code = "not_curated"};
  }
  return found;
}

LabView::Shown LabView::funnel(std::string_view id) {
  auto found = corpus(id);
  if (auto* error = std::get_if<ApiError>(&found)) return std::move(*error);
  const Artifact& artifact = std::get<Artifact>(found);
  std::error_code error;
  const fs::path path = artifact.file("funnel.json");
  if (fs::file_size(path, error) > kMostFunnel) return unreadable(fail("{}: is too large to be shown", path.string()));
  const auto json = read_json(path);
  if (!json) return unreadable(json.error());
  try {
    const std::vector<std::string> order = step_names(artifact.settings());
    const auto all = Tally::from_json(json->at("all"), path.string());
    if (!all) return unreadable(all.error());
    Json document = {{"id", artifact.id}, {"all", tally_json(*all, order, kMostReasons)}};
    document["all"]["changed"] = steps_json(all->changed, order, kMostReasons);
    document["all"]["skipped"] = skipped_json(all->skipped);
    document["sources"] = Json::array();
    for (const Json& source : json->at("sources")) {
      if (document["sources"].size() == kMostSources) break;
      const auto tally = Tally::from_json(source.at("counts"), path.string());
      if (!tally) return unreadable(tally.error());
      Json one = tally_json(*tally, order, 0);
      one["name"] = name_of(source.at("name").get<std::string>());
      one["licence"] = name_of(source.at("licence").get<std::string>());
      one["consent"] = source.at("consent").get<bool>();
      one["copies"] = source.at("copies").get<double>();
      one["mixed"] = source.at("mixed");
      document["sources"].push_back(std::move(one));
    }
    document["more_sources"] = json->at("sources").size() > kMostSources;
    document["left_out"] = json->at("left_out");
    Json corpus = Json::object();
    for (const char* name : {"documents", "bytes", "train_documents", "train_bytes", "valid_documents", "valid_bytes"})
      corpus[name] = artifact.facts().value(name, int64_t{0});
    document["corpus"] = std::move(corpus);
    return document;
  } catch (const Json::exception& problem) {
    return unreadable(fail("{}: is no funnel of curation: {}", path.string(), problem.what()));
  }
}

LabView::Shown LabView::decisions(std::string_view id, const http::Fields& query) {
  const auto limit = number_of(query, "limit", kUsualSample, 1, kMostSample);
  if (!limit) return no_number("limit", 1, kMostSample);
  const auto seed = number_of(query, "seed", 1, 0, INT64_MAX);
  if (!seed) return no_number("seed", 0, INT64_MAX);
  const DecisionFilter filter{std::string(value_of(query, "source")), std::string(value_of(query, "step")),
                              std::string(value_of(query, "reason")), std::string(value_of(query, "verdict"))};
  auto found = corpus(id);
  if (auto* error = std::get_if<ApiError>(&found)) return std::move(*error);
  const Artifact& artifact = std::get<Artifact>(found);
  Json list = Json::array();
  if (filter.verdict == "keep") {
    const auto lookup = CorpusLookup::open(artifact.path);
    if (!lookup) return unreadable(lookup.error());
    for (const int64_t number :
         sample_kept(*lookup, filter.source, static_cast<size_t>(*limit), static_cast<uint64_t>(*seed))) {
      const CorpusReader::Document document = lookup->reader()[number];
      const DocumentOrigin origin = lookup->origin(number);
      list.push_back({{"source", name_of(origin.source)},
                      {"file", name_of(origin.file)},
                      {"place", name_of(origin.place)},
                      {"id", to_hex(document.id)},
                      {"step", ""},
                      {"verdict", "keep"},
                      {"bytes", document.text.size()},
                      {"excerpt", beginning(document.text, kKeptExcerpt)},
                      {"mark", {0, 0}}});
    }
  } else {
    auto reader = DecisionReader::open(artifact.path);
    if (!reader) return unreadable(reader.error());
    const auto lines =
        sample_decisions(std::move(*reader), filter, static_cast<size_t>(*limit), static_cast<uint64_t>(*seed));
    if (!lines) return unreadable(lines.error());
    for (const DecisionLine& line : *lines) list.push_back(decision_json(line));
  }
  return Json{{"object", "list"}, {"data", std::move(list)}};
}

LabView::Shown LabView::clusters(std::string_view id, const http::Fields& query) {
  const auto limit = number_of(query, "limit", kUsualSample, 1, kMostSample);
  if (!limit) return no_number("limit", 1, kMostSample);
  auto found = corpus(id);
  if (auto* error = std::get_if<ApiError>(&found)) return std::move(*error);
  const Artifact& artifact = std::get<Artifact>(found);
  const auto count = static_cast<size_t>(*limit);
  const auto clusters = find_clusters(artifact.path, std::string(value_of(query, "step")), count, kMembers);
  if (!clusters) return unreadable(clusters.error());
  Json list = Json::array();
  for (const Cluster& cluster : clusters->largest) {
    Json members = Json::array();
    for (const DecisionLine& member : cluster.members) members.push_back(decision_json(member));
    list.push_back({{"of", other_json(cluster.of)},
                    {"copies", cluster.copies},
                    {"bytes", cluster.bytes},
                    {"members", std::move(members)}});
  }
  return Json{{"clusters", clusters->clusters},
              {"copies", clusters->copies},
              {"bytes", clusters->bytes},
              {"largest", std::move(list)},
              {"altered", altered_json(artifact.path, count)}};
}

}  // namespace persea
