#include "cli/report.h"

#include <algorithm>
#include <memory>

#include "base/file.h"
#include "ledger/lab.h"

namespace persea {
namespace {

int show(const CliContext& context, const std::string& name) {
  auto lab = Lab::open_existing(context.lab);
  if (!lab) return report(lab.error());
  auto found = lab->find(name);
  if (!found) return report(found.error());
  if (found->kind == "model") {  // its newest report
    const auto made = lab->made_from(found->id);
    if (!made) return report(made.error());
    const auto newest =
        std::find_if(made->rbegin(), made->rend(), [](const std::string& id) { return id.starts_with("report-"); });
    if (newest == made->rend())
      return report(fail("{} has no report: persea run with its recipe makes one", found->id));
    found = lab->find(*newest);
    if (!found) return report(found.error());
  }
  if (found->kind != "report")
    return report(fail("{} is no report but a {}: name a report or a model", found->id, found->kind));
  if (context.json) {
    const auto json = read_json(found->file("report.json"));
    if (!json) return report(json.error());
    print_json({{"id", found->id},
                {"page", found->file("report.html").string()},
                {"facts", found->facts()},
                {"report", *json}});
    return 0;
  }
  const auto text = read_file(found->file("report.txt"));
  if (!text) return report(text.error());
  fmt::print("{}\n{}\n{}\n", *text, found->file("report.html").string(), found->id);
  return 0;
}

}  // namespace

void add_report(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("report", "Show a report: what a run came to");
  const auto name = std::make_shared<std::string>("report");
  verb->add_option("ID", *name, "A report or a model (default: the newest report)");
  verb->callback([&context, &action, name] { action = [&context, name] { return show(context, *name); }; });
}

}  // namespace persea
