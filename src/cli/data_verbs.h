// What the subcommands of persea data share: the corpus that is meant, and how texts of others are shown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/verb.h"
#include "data/curation/decisions.h"
#include "data/curation/tally.h"
#include "ledger/lab.h"

namespace persea {

// Each registers one subcommand of `verb`.
void add_data_stats(CLI::App& verb, CliContext& context, VerbAction& action);
void add_data_sample(CLI::App& verb, CliContext& context, VerbAction& action);
void add_data_why(CLI::App& verb, CliContext& context, VerbAction& action);
void add_data_diff(CLI::App& verb, CliContext& context, VerbAction& action);
void add_data_clusters(CLI::App& verb, CliContext& context, VerbAction& action);
void add_data_card(CLI::App& verb, CliContext& context, VerbAction& action);
void add_data_delete(CLI::App& verb, CliContext& context, VerbAction& action);

// The corpus of this name (as Lab::find takes it), with its lab. Fails where it is no corpus.
struct OpenCorpus {
  Lab lab;
  Artifact corpus;
};
Result<OpenCorpus> open_corpus(const CliContext& context, const std::string& name);

// Its funnel.json; fails where it was not curated.
Result<Json> read_funnel(const Artifact& corpus);

// "12,345 documents, 1.2 GB"
std::string count_text(const curation::Count& count);
// "1,234"
std::string whole(int64_t value);
// "12.3%", "-" of nothing.
std::string percent(int64_t part, int64_t of);
// A bar of at most `width` columns for `part` of `of`, in eighths.
std::string bar(int64_t part, int64_t of, size_t width);

// Text of strangers on a terminal: lines with this indent, no control characters, the place [begin, end) marked.
std::string excerpt_text(std::string_view text, size_t begin, size_t end, size_t indent);
// On one line.
std::string one_line(std::string_view text);

// "gopher-quality  gopher_short_doc  12 (limit 50)", and the excerpt beneath it.
void print_decision(const curation::DecisionLine& line, size_t indent);
// "name.jsonl, line 12"
std::string place_text(std::string_view file, std::string_view place);

}  // namespace persea
