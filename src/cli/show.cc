#include "cli/show.h"

#include <memory>
#include <sstream>

#include "base/clock.h"
#include "cli/terminal.h"
#include "ledger/lab.h"

namespace persea {
namespace {

using enum Table::Align;

std::string cost_line(const Json& cost) {
  const auto number = [&](const char* key) { return cost.at(key).get<double>(); };
  std::string line = format_duration(number("wall_seconds")) + ", CPU " + format_duration(number("cpu_seconds"));
  if (number("gpu_seconds") > 0) line += ", GPU " + format_duration(number("gpu_seconds"));
  if (!cost.at("joules").is_null()) line += fmt::format(", {:.3g} kJ", number("joules") / 1000);
  if (number("tokens") > 0) line += ", " + format_count(number("tokens")) + " tokens";
  if (number("bytes") > 0) line += ", " + format_bytes(number("bytes")) + " read";
  return line;
}

void print_section(const char* title, const Table& table) {
  if (!table.empty()) fmt::print("\n{}\n{}", bold(title), table.text());
}

// The leaves of an object in a table, and text of several lines beneath it.
void print_leaves(const char* title, const Json& object) {
  Table table({left, left}, 2);
  std::string texts;
  for (const auto& [key, value] : flatten(object)) {
    if (!value.is_string() || value.get_ref<const std::string&>().find('\n') == std::string::npos) {
      table.row({key, readable(value)});
      continue;
    }
    texts += "  " + key + "\n";
    std::istringstream lines(value.get<std::string>());
    for (std::string line; std::getline(lines, line);) texts += "    " + readable(line) + "\n";
  }
  if (!table.empty() || !texts.empty()) fmt::print("\n{}\n{}{}", bold(title), table.text(), texts);
}

void print_artifact(const Artifact& artifact, const std::vector<std::string>& made) {
  const Json& m = artifact.manifest;
  const std::vector<ArtifactFile> files = artifact.files();
  fmt::print("{}\n", bold(artifact.id));
  Table head({left, left}, 2);
  head.row({"kind", fmt::format("{} (stage version {}, persea {})", artifact.kind, m.at("stage_version").dump(),
                                m.at("program_version").get<std::string>())});
  head.row({"made", fmt::format("{} ({} ago)", artifact.created(), age(artifact.created()))});
  head.row({"folder", artifact.path.string()});
  head.row({"size", fmt::format("{} in {} file{}", format_bytes(static_cast<double>(artifact.bytes())), files.size(),
                                files.size() == 1 ? "" : "s")});
  head.row({"cost", cost_line(artifact.cost())});
  head.row({"content", artifact.content()});
  head.row({"digest", m.at("digest")});
  fmt::print("{}", head.text());

  print_leaves("settings", artifact.settings());
  print_leaves("facts", artifact.facts());
  Table inputs({left, left}, 2);
  for (const ArtifactInput& input : artifact.inputs()) inputs.row({input.role, input.id});
  print_section("made from", inputs);
  Table outputs({left}, 2);
  for (const std::string& id : made) outputs.row({id});
  print_section("made from it", outputs);
  Table listing({left, right, left}, 2);
  for (const ArtifactFile& file : files) {
    listing.row({file.path, format_bytes(static_cast<double>(file.bytes)),
                 "sha256 " + file.sha256.substr(0, 16) + (file.record ? " (a record: no part of the content)" : "")});
  }
  print_section("files", listing);
}

int show(const CliContext& context, const std::string& name) {
  auto lab = Lab::open_existing(context.lab);
  if (!lab) return report(lab.error());
  const auto artifact = lab->find(name);
  if (!artifact) return report(artifact.error());
  const auto made = lab->made_from(artifact->id);
  if (!made) return report(made.error());
  if (context.json) {
    Json document = artifact->manifest;
    document["path"] = artifact->path.string();
    document["made_from_it"] = *made;
    print_json(document);
  } else {
    print_artifact(*artifact, *made);
  }
  return 0;
}

}  // namespace

void add_show(CLI::App& app, CliContext& context, VerbAction& action) {
  const auto name = std::make_shared<std::string>();
  CLI::App* verb =
      app.add_subcommand("show", "Tell everything about one artifact: settings, facts, cost, files, inputs");
  verb->add_option("ID", *name, "An id or its unique beginning, or a kind: the newest of it")->required();
  verb->callback([&context, &action, name] { action = [&context, name] { return show(context, *name); }; });
}

}  // namespace persea
