#include "serve/lab_view.h"

#include <algorithm>
#include <set>
#include <vector>

#include "ledger/manifest.h"
#include "serve/lab_common.h"
#include "serve/tail.h"

namespace persea {
namespace {

using http::ApiError;

constexpr int64_t kUsualPage = 50, kMostPage = 200;
constexpr size_t kMostFiles = 500;          // of a manifest that are told
constexpr size_t kMostMade = 100;           // artifacts that were made from one, in its lineage
constexpr size_t kLongestFact = 200;        // bytes, in a list
constexpr size_t kMetricsPart = 512 << 10;  // bytes of metrics in one answer
constexpr const char* kMetricsFile = "metrics.jsonl";

bool has_metrics(const Artifact& artifact) {
  const auto files = artifact.files();
  return std::any_of(files.begin(), files.end(), [](const ArtifactFile& file) { return file.path == kMetricsFile; });
}

Json inputs_json(const std::vector<ArtifactInput>& inputs) {
  Json all = Json::array();
  for (const ArtifactInput& input : inputs) all.push_back({{"role", input.role}, {"id", input.id}});
  return all;
}

// Of the facts what fits in a list.
Json short_facts_json(const Json& facts) {
  Json all = Json::object();
  for (const auto& [key, value] : facts.items()) {
    const bool fits = value.is_number() || value.is_boolean() ||
                      (value.is_string() && value.get_ref<const std::string&>().size() <= kLongestFact);
    if (fits) all[key] = value;
  }
  return all;
}

Json summary(const Artifact& artifact) {
  return {{"id", artifact.id},
          {"kind", artifact.kind},
          {"created", artifact.created()},
          {"bytes", artifact.bytes()},
          {"cost", artifact.cost()},
          {"facts", short_facts_json(artifact.facts())},
          {"inputs", inputs_json(artifact.inputs())},
          {"metrics", has_metrics(artifact)},
          // What the stage's work folder was called: a page that watched it finds its artifact.
          {"stage", fmt::format("{}-{}", artifact.kind, stage_key(artifact).substr(0, 16))}};
}

Json node_json(const std::string& id, const Artifact* artifact, const std::string& problem, bool made) {
  Json node = {{"id", id}, {"kind", kind_of(id)}, {"inputs", Json::array()}, {"made", made}};
  if (artifact) {
    node["created"] = artifact->created();
    node["bytes"] = artifact->bytes();
    node["inputs"] = inputs_json(artifact->inputs());
  } else {
    node["problem"] = problem;
  }
  return node;
}

}  // namespace

LabView::Shown LabView::artifacts(const http::Fields& query) {
  if (!lab_) return no_lab();
  const auto limit = number_of(query, "limit", kUsualPage, 1, kMostPage);
  if (!limit) return no_number("limit", 1, kMostPage);
  const std::string_view kind = value_of(query, "kind"), before = value_of(query, "before");
  const std::lock_guard lock(mutex_);
  const auto ids = lab_->ids();
  if (!ids) return unreadable(ids.error());
  Json kinds = Json::object(), list = Json::array();
  for (const std::string& id : *ids) {
    Json& count = kinds[std::string(kind_of(id))];
    count = count.is_null() ? 1 : count.get<int64_t>() + 1;
  }
  auto at = ids->rbegin();
  if (!before.empty()) {
    at = std::find(ids->rbegin(), ids->rend(), before);
    if (at == ids->rend()) return unknown(before);
    ++at;
  }
  Json next;
  for (; at != ids->rend(); ++at) {
    if (!kind.empty() && kind_of(*at) != kind) continue;
    if (list.size() == static_cast<size_t>(*limit)) {
      next = list.back().at("id");
      break;
    }
    if (const auto artifact = lab_->find(*at)) {
      list.push_back(summary(*artifact));
    } else {
      list.push_back({{"id", *at}, {"kind", kind_of(*at)}, {"problem", artifact.error().message}});
    }
  }
  return Json{{"object", "list"}, {"data", std::move(list)}, {"next", std::move(next)}, {"kinds", std::move(kinds)}};
}

LabView::Shown LabView::artifact(std::string_view id) {
  if (!lab_) return no_lab();
  const std::lock_guard lock(mutex_);
  auto found = exactly(*lab_, id);
  if (auto* error = std::get_if<ApiError>(&found)) return std::move(*error);
  const Artifact& artifact = std::get<Artifact>(found);
  const auto made = lab_->made_from(artifact.id);
  if (!made) return unreadable(made.error());
  Json document = summary(artifact);
  Json manifest = artifact.manifest;
  Json& files = manifest.at("files");
  document["files"] = files.size();
  if (files.size() > kMostFiles) files.erase(files.begin() + kMostFiles, files.end());
  document["manifest"] = std::move(manifest);
  document["made"] = *made;
  return document;
}

LabView::Shown LabView::lineage(std::string_view id) {
  if (!lab_) return no_lab();
  const std::lock_guard lock(mutex_);
  if (!could_be_id(id)) return unknown(id);
  const auto resolved = lab_->resolve(id);
  if (!resolved || *resolved != id) return unknown(id);
  const auto lineage = lab_->lineage(id);
  if (!lineage) return unreadable(lineage.error());
  Json nodes = Json::array();
  for (const auto& [node_id, node] : lineage->nodes) {
    nodes.push_back(node_json(node_id, node.artifact ? &*node.artifact : nullptr, node.problem, false));
  }
  // Downwards there is no end but what the lab holds.
  std::set<std::string> seen = {lineage->root};
  std::vector<std::string> open = {lineage->root};
  bool more = false;
  for (size_t at = 0; at < open.size(); ++at) {
    const auto made = lab_->made_from(open[at]);
    if (!made) return unreadable(made.error());
    for (const std::string& child : *made) {
      if (!seen.insert(child).second) continue;
      if (seen.size() > kMostMade) {
        more = true;
        break;
      }
      const auto artifact = lab_->find(child);
      nodes.push_back(
          node_json(child, artifact ? &*artifact : nullptr, artifact ? "" : artifact.error().message, true));
      open.push_back(child);
    }
  }
  return Json{{"root", lineage->root}, {"nodes", std::move(nodes)}, {"more", more}};
}

LabView::Shown LabView::runs() {
  if (!lab_) return no_lab();
  const std::lock_guard lock(mutex_);
  Json list = Json::array();
  for (const Unfinished& stage : lab_->unfinished()) {
    const std::string name = stage.work.filename().string();
    if (!could_be_id(name)) continue;
    std::error_code error;
    const auto about = fs::symlink_status(stage.work / kMetricsFile, error);
    list.push_back({{"id", name},
                    {"kind", stage.kind},
                    {"bytes", stage.bytes},
                    {"running", stage.running},
                    {"metrics", !error && fs::is_regular_file(about)}});
  }
  return Json{{"object", "list"}, {"data", std::move(list)}};
}

LabView::Shown LabView::metrics(std::string_view id, const http::Fields& query) {
  if (!lab_) return no_lab();
  const auto after = number_of(query, "after", 0, 0, INT64_MAX);
  if (!after) return no_number("after", 0, INT64_MAX);
  if (!could_be_id(id)) return unknown(id);
  fs::path folder = lab_->root() / "work" / id;
  bool finished = false;
  {
    const std::lock_guard lock(mutex_);
    if (const auto resolved = lab_->resolve(id); resolved && *resolved == id) {
      folder = lab_->root() / "artifacts" / id;
      finished = true;
    }
  }
  const auto part = read_tail(folder / kMetricsFile, *after, value_of(query, "file"), kMetricsPart);
  if (!part) return unreadable(part.error());
  if (!*part) return unknown(id);
  const TailPart& tail = **part;
  return Json{{"id", id},
              {"finished", finished},
              {"rows", json_lines(tail.lines)},
              {"from_start", tail.from_start},
              {"more", tail.more},
              {"next", tail.next},
              {"file", tail.file}};
}

}  // namespace persea
