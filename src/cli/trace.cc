#include "cli/trace.h"

#include <memory>
#include <set>

#include "cli/terminal.h"
#include "ledger/lab.h"
#include "serve/service_store.h"

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

// A reply of the service: "chatcmpl-...", and its likes.
bool is_reply(const std::string& name) { return bare_reply_id(name) != name; }

// The reply, then the artifact of its model as for any other.
int trace_reply(const CliContext& context, Lab& lab, const std::string& name) {
  auto store = ServiceStore::open(lab.root());
  if (!store) return report(store.error());
  const auto found = store->replies.find(name);
  if (!found) return report(found.error());
  if (!*found)
    return report(fail("no reply \"{}\" is recorded in {}: was it deleted, or another lab's?", name, context.lab));
  const ReplyRecord& reply = **found;
  const auto lineage = reply.artifact.empty() ? Result<Lineage>(fail("the model was served from outside of the lab"))
                                              : lab.lineage(reply.artifact);
  if (context.json) {
    Json document = {{"reply",
                      {{"id", reply.id},
                       {"created", reply.created},
                       {"endpoint", reply.endpoint},
                       {"model", reply.model},
                       {"digest", reply.digest},
                       {"artifact", reply.artifact},
                       {"prompt_tokens", reply.prompt_tokens},
                       {"written_tokens", reply.written_tokens},
                       {"request_sha256", reply.request_sha256},
                       {"reply_sha256", reply.reply_sha256}}}};
    if (lineage) document["lineage"] = document_of(*lineage);
    print_json(document);
    return 0;
  }
  fmt::print("{}  {}\n", bold(name),
             dim(fmt::format("{} · {} · {} tokens after {}", reply.created, reply.endpoint, reply.written_tokens,
                             reply.prompt_tokens)));
  fmt::print("{}{}  {}\n", dim("└─ model: "), bold(reply.model), dim("sha256 " + reply.digest));
  if (!lineage) {
    fmt::print("   {}\n", dim(lineage.error().message));
    return 0;
  }
  Tree(*lineage).draw(lineage->root, "", "   └─ ", "      ");
  return 0;
}

int trace(const CliContext& context, const std::string& name) {
  auto lab = Lab::open_existing(context.lab);
  if (!lab) return report(lab.error());
  if (is_reply(name)) return trace_reply(context, *lab, name);
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
  CLI::App* verb = app.add_subcommand("trace", "Draw what an artifact, or a reply, was made from, back to the sources");
  verb->add_option("ID", *name, "An id or its unique beginning, a kind (the newest of it), or the id of a reply")
      ->required();
  verb->callback([&context, &action, name] { action = [&context, name] { return trace(context, *name); }; });
}

}  // namespace persea
