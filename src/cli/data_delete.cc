// persea data delete: a corpus without a source, who has seen the source, and on demand the end of its text in the lab.
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "cli/data_verbs.h"
#include "cli/terminal.h"
#include "data/curation/deletion.h"
#include "data/curation/lookup.h"

namespace persea {
namespace {

using namespace curation;
using enum Table::Align;

struct Options {
  std::string source, from, reason;
  bool purge = false, yes = false;
};

// What an artifact has of the source.
std::string what_it_has(const Artifact& artifact) {
  if (artifact.kind == "model") return "has learnt from it";
  if (artifact.kind == "tokens") return "holds its text as tokens";
  if (artifact.kind == "tokenizer") return "learnt its vocabulary from it";
  return "was made from what has seen it";
}

Json json_of(const Seen& seen) {
  Json corpora = Json::array(), made = Json::array();
  for (const Seen::Holder& holder : seen.corpora)
    corpora.push_back(
        {{"id", holder.corpus.id}, {"documents", holder.documents.documents}, {"bytes", holder.documents.bytes}});
  for (const Artifact& artifact : seen.made) made.push_back({{"id", artifact.id}, {"kind", artifact.kind}});
  return {{"corpora", corpora}, {"made", made}, {"unreadable", seen.unreadable}};
}

void print_seen(const Seen& seen, const std::string& source) {
  fmt::print("{}\n", bold("corpora that hold the source " + one_line(source)));
  Table corpora({left, left}, 2);
  for (const Seen::Holder& holder : seen.corpora) corpora.row({holder.corpus.id, count_text(holder.documents)});
  fmt::print("{}", corpora.text());
  fmt::print("\n{}\n", bold("made from these"));
  Table made({left, left}, 2);
  for (const Artifact& artifact : seen.made) made.row({artifact.id, what_it_has(artifact)});
  fmt::print("{}", seen.made.empty() ? "  nothing\n" : made.text());
  for (const std::string& problem : seen.unreadable) fmt::print("{} {}\n", red("could not be looked into:"), problem);
}

// The corpus that the new one is to be made from: the named one, or the newest that holds the source.
Result<const Seen::Holder*> corpus_to_mend(Lab& lab, const Seen& seen, const Options& options) {
  if (options.from.empty()) {
    const auto holds = [](const Seen::Holder& holder) { return holder.documents.documents > 0; };
    const auto found = std::find_if(seen.corpora.rbegin(), seen.corpora.rend(), holds);
    return found == seen.corpora.rend() ? &seen.corpora.back() : &*found;
  }
  PERSEA_TRY(const Artifact named, lab.find(options.from));
  for (const Seen::Holder& holder : seen.corpora) {
    if (holder.corpus.id == named.id) return &holder;
  }
  return fail("{}: has no source \"{}\"", named.id, options.source);
}

// Whether the corpus has documents of another source too.
Result<bool> has_others(const Seen::Holder& holder) {
  PERSEA_TRY(const CorpusReader corpus, CorpusReader::open(holder.corpus.path));
  return corpus.documents() > holder.documents.documents;
}

bool agreed(const Seen& seen) {
  fmt::print("\n{}\n", bold("to be removed from the lab, for good"));
  for (const Artifact* artifact : purged_by(seen)) fmt::print("  {}\n", artifact->id);
  fmt::print("Type \"yes\" to remove them: ");
  std::fflush(stdout);
  std::string answer;
  return std::getline(std::cin, answer) && answer == "yes";
}

int remove_source(const CliContext& context, const Options& options) {
  auto lab = Lab::open_existing(context.lab);
  if (!lab) return report(lab.error());
  const auto seen = who_has_seen(*lab, options.source);
  if (!seen) return report(seen.error());
  if (seen->corpora.empty()) {
    const std::string near = nearest(options.source, seen->sources);
    return report(fail("no corpus of the lab {} has a source \"{}\"{}", context.lab, options.source,
                       near.empty() ? "" : ": did you mean " + near + "?"));
  }
  const auto old = corpus_to_mend(*lab, *seen, options);
  if (!old) return report(old.error());
  if (!context.json) print_seen(*seen, options.source);
  if (options.purge && !options.yes && (context.json || isatty(STDIN_FILENO) == 0))
    return report(fail("--purge removes {} artifacts for good: say --yes too", purged_by(*seen).size()));

  Json told = json_of(*seen);
  std::string made;
  const auto others = has_others(**old);
  if (!others) return report(others.error());
  if (*others) {
    const auto result = run_deletion_stage(*lab, (*old)->corpus.id, options.source);
    if (!result) return report(result.error());
    made = result->stage.artifact.id;
    told["id"] = made;
    told["of"] = (*old)->corpus.id;
    told["deleted"] = {{"documents", result->documents.documents}, {"bytes", result->documents.bytes}};
    told["lost_copies"] = result->lost_copies;
    if (!context.json) {
      fmt::print("\n{} less than in {}\n", count_text(result->documents), (*old)->corpus.id);
      if (result->lost_copies > 0)
        fmt::print(
            "{} documents of other sources had been left out as copies of these: curate again without the source to "
            "have them back\n",
            whole(result->lost_copies));
    }
  } else if (!context.json) {
    fmt::print("\n{} holds nothing else: there is no corpus to make of it\n", (*old)->corpus.id);
  }
  if (options.purge) {
    if (!options.yes && !agreed(*seen)) return report(fail("nothing was removed"));
    const auto purge = purge_source(*lab, *seen, options.source, options.reason);
    if (!purge) return report(purge.error());
    told["removed"] = purge->removed;
    told["record"] = purge->record;
    if (!context.json)
      fmt::print("removed {} artifacts; {} tells of it\n", whole(static_cast<int64_t>(purge->removed.size())),
                 purge->record);
  }
  if (context.json) {
    print_json(told);
    return 0;
  }
  if (!context.quiet) fmt::print("Take the source out of the recipe too, or the next persea curate reads it again.\n");
  if (!made.empty()) fmt::print("{}\n", made);
  return 0;
}

}  // namespace

void add_data_delete(CLI::App& verb, CliContext& context, VerbAction& action) {
  CLI::App* sub = verb.add_subcommand("delete", "A corpus without a source, and which models have seen the source");
  const auto options = std::make_shared<Options>();
  sub->add_option("SOURCE", options->source, "A source, as persea data stats names it")->required();
  sub->add_option("--from", options->from, "The corpus (else the newest that holds the source)");
  sub->add_flag("--purge", options->purge, "Remove the corpora and tokens with its text from the lab");
  sub->add_flag("--yes", options->yes, "Do not ask");
  sub->add_option("--reason", options->reason, "Why, for the record that a purge leaves");
  sub->footer(
      "What was made from the source is named, not changed: a model cannot unlearn it.\n\nExamples:\n"
      "  persea data delete forum\n  persea data delete forum --purge --reason \"asked to by its writers\"");
  sub->callback(
      [&context, &action, options] { action = [&context, options] { return remove_source(context, *options); }; });
}

}  // namespace persea
