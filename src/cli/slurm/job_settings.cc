#include "cli/slurm/job_settings.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "curate/settings.h"

namespace persea::slurm {
namespace {

constexpr int64_t kMostRanks = 1 << 20;

Status within(const char* key, int64_t value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return {};
  return fail("`{}` = {} has to be from {} to {}", key, value, least, most);
}

// The text is a line of a script later on.
Status one_line(const std::string& key, const std::string& text) {
  const bool control = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return control ? Status(fail("`{}` has to be one line without control characters", key)) : Status();
}

// The seconds of a time limit as sbatch has it: minutes, minutes:seconds, hours:minutes:seconds, and days- before
// hours, hours:minutes or hours:minutes:seconds. 0 where it is none of these: Slurm may know more, as UNLIMITED.
int64_t seconds_of(std::string_view limit) {
  std::vector<int64_t> parts;
  bool days = false;
  for (size_t at = 0; at <= limit.size(); ++at) {
    int64_t part = 0;
    const auto [end, error] = std::from_chars(limit.data() + at, limit.data() + limit.size(), part);
    if (error != std::errc() || part < 0 || part > 1000000) return 0;
    parts.push_back(part);
    at = static_cast<size_t>(end - limit.data());
    if (at == limit.size()) break;
    if (limit[at] == '-' && parts.size() == 1)
      days = true;
    else if (limit[at] != ':')
      return 0;
  }
  if (parts.empty() || parts.size() > (days ? 4 : 3)) return 0;
  if (days) {
    parts.resize(4);
    return ((parts[0] * 24 + parts[1]) * 60 + parts[2]) * 60 + parts[3];
  }
  if (parts.size() == 1) return parts[0] * 60;
  if (parts.size() == 2) return parts[0] * 60 + parts[1];
  return (parts[0] * 60 + parts[1]) * 60 + parts[2];
}

Status check(const JobSettings& settings) {
  PERSEA_CHECK(within("ranks", settings.ranks, 0, kMostRanks));
  PERSEA_CHECK(within("nodes", settings.nodes, 0, kMostRanks));
  PERSEA_CHECK(within("ranks_per_node", settings.ranks_per_node, 0, kMostRanks));
  PERSEA_CHECK(within("threads", settings.threads, 1, 1024));
  PERSEA_CHECK(within("warning", settings.warning, 1, 65535));  // as far as Slurm counts
  if (const int64_t limit = seconds_of(settings.time); limit > 0 && settings.warning >= limit)
    return fail("`time` = \"{}\" ends before the work begins: its `warning` comes {} seconds ahead, of {}",
                settings.time, settings.warning, limit);
  PERSEA_CHECK(within("requeues", settings.requeues, 0, 1000000));
  PERSEA_CHECK(one_line("time", settings.time));
  PERSEA_CHECK(one_line("partition", settings.partition));
  PERSEA_CHECK(one_line("account", settings.account));
  PERSEA_CHECK(one_line("memory", settings.memory));
  PERSEA_CHECK(one_line("gpus", settings.gpus));
  PERSEA_CHECK(one_line("name", settings.name));
  for (const std::string& option : settings.sbatch) {
    PERSEA_CHECK(one_line("sbatch", option));
    if (!option.starts_with('-'))
      return fail("`sbatch` = \"{}\" has to be an option of sbatch, as in --sbatch=--qos=high", option);
  }
  if (settings.launcher != "auto" && settings.launcher != "srun" && settings.launcher != "mpirun")
    return fail("`launcher` = \"{}\" has to be auto, srun or mpirun", settings.launcher);
  return {};
}

// Ranks follow from nodes and ranks a node, and nodes from the other two; where only nodes are said, each has one rank.
Status settle_ranks(JobSettings& settings) {
  int64_t &ranks = settings.ranks, &nodes = settings.nodes, &each = settings.ranks_per_node;
  if (nodes > 0 && each > 0) {
    if (ranks > 0 && ranks != nodes * each)
      return fail("`ranks` = {} is not {} nodes times {} ranks a node: leave one of them out", ranks, nodes, each);
    ranks = nodes * each;
  }
  if (ranks == 0) ranks = std::max({nodes, each, int64_t{1}});
  if (nodes > ranks) return fail("`nodes` = {} is more than `ranks` = {}", nodes, ranks);
  if (nodes == 0 && each > 0) nodes = (ranks + each - 1) / each;
  return within("ranks", ranks, 1, kMostRanks);
}

}  // namespace

Result<JobSettings> read_job_settings(const TomlDocument& recipe, std::string_view where, const Json& options) {
  const auto line = recipe.lines.find("submit");
  const std::string at = line == recipe.lines.end() ? std::string(where) : fmt::format("{}:{}", where, line->second);
  Json said = recipe.value.value("submit", Json::object());
  if (!said.is_object()) return fail("{}: submit has to be a table: [submit]", at);
  if (auto alone = curate::read_settings<JobSettings>(said, "submit"); !alone)
    return fail("{}: {}", at, alone.error().message);  // what is wrong in the recipe is said to be there
  said.update(options);
  PERSEA_TRY(JobSettings settings, curate::read_settings<JobSettings>(said, "submit"));
  if (Status status = check(settings); !status) return fail("submit: {}", status.error().message);
  if (Status status = settle_ranks(settings); !status) return fail("submit: {}", status.error().message);
  return settings;
}

}  // namespace persea::slurm
