// persea data why: all that was decided on a document, and where it is now.
#include <memory>

#include "base/clock.h"
#include "cli/data_verbs.h"
#include "cli/terminal.h"
#include "data/curation/history.h"

namespace persea {
namespace {

using namespace curation;

constexpr size_t kShown = 20;  // places of one text, or documents of one file

struct Options {
  std::string document, corpus, text_file;
};

Json json_of(const Occurrence& one, const CorpusLookup& corpus) {
  Json decisions = Json::array(), numbers = Json::array();
  for (const DecisionLine& line : one.decisions) decisions.push_back(line.json());
  for (const int64_t number : one.numbers)
    numbers.push_back({{"document", number}, {"valid", corpus.reader()[number].valid}});
  return {{"source", one.source},   {"file", one.file},       {"place", one.place},
          {"licence", one.licence}, {"consent", one.consent}, {"read_id", one.read_id},
          {"id", one.kept_id},      {"decisions", decisions}, {"in_corpus", numbers}};
}

void print_occurrence(const Occurrence& one, const CorpusLookup& corpus) {
  fmt::print(
      "{}  {}\n", bold(place_text(one.file, one.place)),
      dim(fmt::format("source {}, licence {}, consent {}", one_line(one.source),
                      one.licence.empty() ? "not said" : one_line(one.licence), one.consent ? "yes" : "not given")));
  const bool skipped = !one.decisions.empty() && one.decisions.back().verdict == "skip";
  if (!one.read_id.empty()) fmt::print("  read as {}\n", one.read_id);
  for (const DecisionLine& line : one.decisions) print_decision(line, 2);
  if (one.numbers.empty()) {
    if (!skipped) fmt::print("  {}\n", red("not in the corpus"));
    return;
  }
  const CorpusReader::Document document = corpus.reader()[one.numbers.front()];
  fmt::print("  {}: document {}{}, for {}, {}{}\n", green("in the corpus"), whole(one.numbers.front()),
             one.numbers.size() == 1 ? "" : fmt::format(" and {} times more", one.numbers.size() - 1),
             document.valid ? "validation" : "training", format_bytes(static_cast<double>(document.text.size())),
             one.decisions.empty() ? ", as it was read" : ", as " + one.kept_id);
}

int tell(const CliContext& context, const Artifact& corpus, const CorpusLookup& lookup, const History& history) {
  if (context.json) {
    Json found = Json::array(), copies = Json::array();
    for (const Occurrence& one : history.found) found.push_back(json_of(one, lookup));
    for (const DecisionLine& line : history.copies) copies.push_back(line.json());
    print_json({{"id", corpus.id},
                {"found", found},
                {"more", history.more},
                {"copies", copies},
                {"copies_in_all", history.copies_in_all}});
    return history.found.empty() && history.copies_in_all == 0 ? 1 : 0;
  }
  for (size_t i = 0; i < history.found.size() && i < kShown; ++i) {
    if (i > 0) fmt::print("\n");
    print_occurrence(history.found[i], lookup);
  }
  if (history.found.size() > kShown)
    fmt::print("\nand {}{} more (--json lists them)\n", history.more ? "over " : "",
               whole(static_cast<int64_t>(history.found.size() - kShown)));
  if (history.copies_in_all == 0) return 0;
  fmt::print("\n{} left out as {} of it:\n", whole(history.copies_in_all),
             history.copies_in_all == 1 ? "copy" : "copies");
  for (const DecisionLine& line : history.copies)
    fmt::print("  {}: {}  {}\n", one_line(line.step), place_text(line.file, line.place), dim(line.id));
  return 0;
}

// The ids that the text of a file may have been read with: as it lies there, and without what ends its last line.
Result<std::vector<std::string>> ids_of_file(const std::string& path) {
  PERSEA_TRY(std::string text, read_file(path));
  std::vector<std::string> ids = {to_hex(document_id(text))};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  ids.push_back(to_hex(document_id(text)));
  ids.push_back(to_hex(document_id(text + "\n")));
  return ids;
}

int why(const CliContext& context, const Options& options) {
  if (options.document.empty() == options.text_file.empty())
    return report(fail("name one document: by id, FILE or FILE:PLACE, or by --text-file"));
  const auto open = open_corpus(context, options.corpus);
  if (!open) return report(open.error());
  const Artifact& corpus = open->corpus;
  const auto lookup = CorpusLookup::open(corpus.path);
  if (!lookup) return report(lookup.error());
  std::vector<std::string> said = {options.document};
  if (!options.text_file.empty()) {
    auto ids = ids_of_file(options.text_file);
    if (!ids) return report(ids.error());
    said = std::move(*ids);
  }
  for (const std::string& one : said) {
    const auto history = find_history(corpus.path, *lookup, one);
    if (!history) return report(history.error());
    if (!history->found.empty() || history->copies_in_all > 0) return tell(context, corpus, *lookup, *history);
  }
  if (context.json) return tell(context, corpus, *lookup, {});
  if (!options.text_file.empty())
    return report(fail("{}: {} never read this text ({})", options.text_file, corpus.id, said.front()));
  std::vector<std::string> files;
  for (const CorpusSource& source : lookup->sources()) files.push_back(source.file);
  const std::string near = nearest(options.document.substr(0, options.document.find(':')), files);
  return report(fail("\"{}\": {} never read such a document{}", options.document, corpus.id,
                     near.empty() ? ": give an id, FILE or FILE:PLACE (persea data sample shows some)"
                                  : ": did you mean " + near + "?"));
}

}  // namespace

void add_data_why(CLI::App& verb, CliContext& context, VerbAction& action) {
  CLI::App* sub = verb.add_subcommand("why", "All that was decided on a document, and where it is now");
  const auto options = std::make_shared<Options>();
  sub->add_option("DOC", options->document,
                  "An id (of the text as read or as kept) or its beginning, FILE, or FILE:PLACE");
  sub->add_option("CORPUS", options->corpus, "A corpus (else the newest)");
  sub->add_option("--in", options->corpus, "The same");
  sub->add_option("--text-file", options->text_file, "Instead of DOC: a file that holds its text");
  sub->footer(
      "Examples:\n  persea data why a539b2142bb1\n  persea data why essays.jsonl.zst:\"line 12\"\n"
      "  persea data why --text-file letter.txt --in corpus-1a2b");
  sub->callback([&context, &action, options] { action = [&context, options] { return why(context, *options); }; });
}

}  // namespace persea
