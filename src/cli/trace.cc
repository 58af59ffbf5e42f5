#include "cli/trace.h"

#include <memory>
#include <set>

#include "cli/terminal.h"
#include "ledger/lab.h"

namespace persea {
namespace {

// Draws a node and, the first time it is met, what it was made from.
class Tree {
 public:
  explicit Tree(const Lineage& lineage) : lineage_(lineage) {}

  void draw(const std::string& id, const std::string& role, const std::string& branch, const std::string& stem) {
    const Lineage::Node& node = lineage_.nodes.at(id);
    const std::string label = branch + (role.empty() ? "" : role + ": ");
    const bool again = !drawn_.insert(id).second && !node.inputs.empty();
    std::string note = !node.artifact ? node.problem : again ? "(above)" : short_facts(node.artifact->facts());
    if (const size_t width = terminal_width(); width > 0) {
      const size_t used = display_width(label) + id.size() + 2;
      note = used + 8 < width ? cut(note, width - used) : "";
    }
    fmt::print("{}{}{}{}\n", dim(label), bold(id), note.empty() ? "" : "  ", node.artifact ? dim(note) : red(note));
    if (again) return;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const bool last = i + 1 == node.inputs.size();
      draw(node.inputs[i].id, node.inputs[i].role, stem + (last ? "└─ " : "├─ "), stem + (last ? "   " : "│  "));
    }
  }

 private:
  const Lineage& lineage_;
  std::set<std::string> drawn_;
};

Json document_of(const Lineage& lineage) {
  Json document = {{"root", lineage.root}, {"nodes", Json::array()}};
  for (const auto& [id, node] : lineage.nodes) {
    Json inputs = Json::array();
    for (const ArtifactInput& input : node.inputs) inputs.push_back({{"role", input.role}, {"id", input.id}});
    Json entry = {{"id", id}, {"inputs", inputs}};
    if (node.artifact) {
      entry["kind"] = node.artifact->kind;
      entry["created"] = node.artifact->created();
      entry["content"] = node.artifact->content();
    } else {
      entry["problem"] = node.problem;
    }
    document["nodes"].push_back(std::move(entry));
  }
  return document;
}

int trace(const CliContext& context, const std::string& name) {
  auto lab = Lab::open_existing(context.lab);
  if (!lab) return report(lab.error());
  const auto lineage = lab->lineage(name);
  if (!lineage) return report(lineage.error());
  if (context.json) {
    print_json(document_of(*lineage));
  } else {
    Tree(*lineage).draw(lineage->root, "", "", "");
  }
  return 0;
}

}  // namespace

void add_trace(CLI::App& app, CliContext& context, VerbAction& action) {
  const auto name = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("trace", "Draw what an artifact was made from, back to the sources");
  verb->add_option("ID", *name, "An id or its unique beginning, or a kind: the newest of it")->required();
  verb->callback([&context, &action, name] { action = [&context, name] { return trace(context, *name); }; });
}

}  // namespace persea
