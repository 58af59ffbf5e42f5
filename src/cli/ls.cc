#include "cli/ls.h"

#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "cli/terminal.h"
#include "ledger/lab.h"

namespace persea {
namespace {

Json summary(const Artifact& artifact) {
  return {{"id", artifact.id},
          {"kind", artifact.kind},
          {"created", artifact.created()},
          {"bytes", artifact.bytes()},
          {"cost", artifact.cost()},
          {"facts", artifact.facts()},
          {"path", artifact.path.string()}};
}

void print_table(const std::vector<Artifact>& artifacts) {
  using enum Table::Align;
  Table table({left, right, right, right, left});
  table.header({"ID", "AGE", "SIZE", "TOOK", "FACTS"});
  for (const Artifact& artifact : artifacts) {
    table.row({artifact.id, age(artifact.created()), format_bytes(static_cast<double>(artifact.bytes())),
               format_duration(artifact.cost().at("wall_seconds").get<double>()), short_facts(artifact.facts())});
  }
  fmt::print("{}", table.text());
}

int list(const CliContext& context, const std::string& kind) {
  auto lab = Lab::open_existing(context.lab);
  if (!lab) return report(lab.error());
  std::vector<Damage> damages;
  auto all = lab->list(&damages);
  if (!all) return report(all.error());
  std::vector<Artifact> artifacts;
  for (Artifact& artifact : *all) {
    if (kind.empty() || artifact.kind == kind) artifacts.push_back(std::move(artifact));
  }
  const std::vector<Unfinished> unfinished = lab->unfinished();
  if (context.json) {
    Json document = {{"artifacts", Json::array()}, {"damaged", Json::array()}, {"unfinished", Json::array()}};
    for (const Artifact& artifact : artifacts) document["artifacts"].push_back(summary(artifact));
    for (const Damage& damage : damages) {
      document["damaged"].push_back({{"id", damage.artifact}, {"problem", damage.problem}});
    }
    for (const Unfinished& stage : unfinished) {
      document["unfinished"].push_back(
          {{"kind", stage.kind}, {"work", stage.work.string()}, {"bytes", stage.bytes}, {"running", stage.running}});
    }
    print_json(document);
    return 0;
  }
  for (const Damage& damage : damages) log_warning("{}", damage.problem);
  if (!artifacts.empty()) {
    print_table(artifacts);
  } else if (!context.quiet) {
    fmt::print("{}\n", kind.empty() ? fmt::format("The lab {} is empty: persea run RECIPE fills it.", context.lab)
                                    : fmt::format("The lab {} has no artifact of the kind {}.", context.lab, kind));
  }
  if (context.quiet || unfinished.empty()) return 0;
  fmt::print("\n");
  for (const Unfinished& stage : unfinished) {
    fmt::print("{} {}: {}\n", stage.running ? green("running") : bold("unfinished"), stage.kind,
               stage.running ? fmt::format("{} so far", format_bytes(static_cast<double>(stage.bytes)))
                             : fmt::format("the same command goes on with the {} in {}",
                                           format_bytes(static_cast<double>(stage.bytes)), stage.work.string()));
  }
  return 0;
}

}  // namespace

void add_ls(CLI::App& app, CliContext& context, VerbAction& action) {
  const auto kind = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("ls", "List the artifacts of the lab, oldest first");
  verb->add_option("KIND", *kind, "Only artifacts of this kind");
  verb->callback([&context, &action, kind] { action = [&context, kind] { return list(context, *kind); }; });
}

}  // namespace persea
