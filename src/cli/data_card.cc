// persea data card: a data card in Markdown.
#include <memory>

#include "cli/data_verbs.h"
#include "data/curation/card.h"

namespace persea {
namespace {

struct Options {
  std::string corpus, out;
};

int card(const CliContext& context, const Options& options) {
  const auto open = open_corpus(context, options.corpus);
  if (!open) return report(open.error());
  const Artifact& corpus = open->corpus;
  const auto funnel = read_funnel(corpus);
  if (!funnel) return report(funnel.error());
  const auto text = curation::data_card({corpus.settings(), *funnel, corpus.facts(), corpus.id, corpus.content()});
  if (!text) return report(text.error());
  if (!options.out.empty()) {
    if (const Status written = write_file(options.out, *text); !written) return report(written.error());
  }
  if (context.json) {
    print_json({{"id", corpus.id}, {"out", options.out}, {"card", *text}});
  } else if (options.out.empty()) {
    fmt::print("{}", *text);
  } else {
    fmt::print("{}\n", options.out);
  }
  return 0;
}

}  // namespace

void add_data_card(CLI::App& verb, CliContext& context, VerbAction& action) {
  CLI::App* sub = verb.add_subcommand("card", "A data card in Markdown, from the recorded facts");
  const auto options = std::make_shared<Options>();
  sub->add_option("CORPUS", options->corpus, "A corpus (else the newest)");
  sub->add_option("--out", options->out, "Write it there");
  sub->footer("Example:\n  persea data card --out card.md");
  sub->callback([&context, &action, options] { action = [&context, options] { return card(context, *options); }; });
}

}  // namespace persea
