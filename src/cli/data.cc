#include "cli/data.h"

#include "base/clock.h"
#include "cli/data_verbs.h"
#include "cli/terminal.h"

namespace persea {
namespace {

constexpr const char* kExamples = R"(Examples:
  persea data stats                                  what went in, what was dropped by which rule, what came out
  persea data sample --step gopher-quality -n 5      five documents that a step dropped, with the place marked
  persea data why a539b2142bb1                       all that was decided on a document
  persea data why essays.jsonl:"line 12"             the same, by where it was read
  persea data diff corpus-1a2b corpus-3c4d           which texts only one of them has, and why
  persea data clusters                               documents with many copies
  persea data card --out card.md                     a data card
  persea data delete forum                           a corpus without a source, and which models have seen it

CORPUS is an id or its unique beginning; without it, the newest corpus is meant.)";

// A character that a terminal might obey.
bool obeyed(std::string_view text, size_t at) {
  const auto c = static_cast<unsigned char>(text[at]);
  if (c < 0x20 || c == 0x7f) return true;
  return c == 0xc2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0;
}

}  // namespace

Result<OpenCorpus> open_corpus(const CliContext& context, const std::string& name) {
  PERSEA_TRY(Lab lab, Lab::open_existing(context.lab));
  PERSEA_TRY(Artifact corpus, lab.find(name.empty() ? "corpus" : name));
  if (corpus.kind != "corpus")
    return fail("{}: is of kind {}: name a corpus (persea ls corpus lists them)", corpus.id, corpus.kind);
  return OpenCorpus{std::move(lab), std::move(corpus)};
}

Result<Json> read_funnel(const Artifact& corpus) {
  std::error_code error;
  if (!fs::exists(corpus.file("funnel.json"), error))
    return fail("{}: has no funnel: only a corpus of persea curate keeps what was decided", corpus.id);
  return read_json(corpus.file("funnel.json"));
}

std::string whole(int64_t value) { return readable(value); }

std::string count_text(const curation::Count& count) {
  return fmt::format("{} document{}, {}", whole(count.documents), count.documents == 1 ? "" : "s",
                     format_bytes(static_cast<double>(count.bytes)));
}

std::string percent(int64_t part, int64_t of) {
  if (of == 0) return "-";
  const double share = 100 * static_cast<double>(part) / static_cast<double>(of);
  return share > 0 && share < 0.05 ? "<0.1%" : fmt::format("{:.1f}%", share);
}

std::string bar(int64_t part, int64_t of, size_t width) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (of <= 0 || part <= 0) return "";
  auto eighths =
      static_cast<size_t>(8 * static_cast<double>(width) * static_cast<double>(part) / static_cast<double>(of));
  eighths = std::clamp<size_t>(eighths, 1, 8 * width);
  std::string text;
  for (size_t i = 0; i < eighths / 8; ++i) text += "█";
  return text + kEighths[eighths % 8];
}

std::string excerpt_text(std::string_view text, size_t begin, size_t end, size_t indent) {
  const std::string margin(indent, ' ');
  std::string all, line, part;
  bool in_mark = false;
  const auto end_part = [&] {
    line += in_mark ? highlight(part) : part;
    part.clear();
  };
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i == end && in_mark) {
      end_part();
      in_mark = false;
    }
    if (i == begin && begin < end) {
      end_part();
      in_mark = true;
    }
    if (i == text.size() || text[i] == '\n') {
      if (in_mark) part += "⏎";
      end_part();
      if (!line.empty()) all += margin + line + "\n";
      line.clear();
    } else if (!obeyed(text, i)) {
      part += text[i];
    } else {
      part += ' ';
      if (static_cast<unsigned char>(text[i]) == 0xc2) ++i;
    }
  }
  return all;
}

std::string one_line(std::string_view text) {
  std::string line = excerpt_text(text, 0, 0, 0);
  while (!line.empty() && line.back() == '\n') line.pop_back();
  for (char& c : line) c = c == '\n' ? ' ' : c;
  return line;
}

std::string place_text(std::string_view file, std::string_view place) {
  return one_line(file) + (place.empty() ? "" : ", " + one_line(place));
}

void print_decision(const curation::DecisionLine& line, size_t indent) {
  const std::string margin(indent, ' ');
  const bool dropped = line.verdict == "drop";
  const std::string verdict = dropped ? red("dropped") : line.verdict == "change" ? bold("changed") : dim("not read");
  std::string what = one_line(line.reason);
  for (const auto& cut : line.cuts)
    what += fmt::format("{}{} ({} cut{}, {})", what.empty() ? "" : ", ", one_line(cut.reason), whole(cut.count),
                        cut.count == 1 ? "" : "s", format_bytes(static_cast<double>(cut.bytes)));
  if (line.figure) what += fmt::format(": {}", readable(*line.figure));
  if (line.figure && line.limit) what += fmt::format(" (limit {})", readable(*line.limit));
  fmt::print("{}{} by {}: {}\n", margin, verdict, bold(one_line(line.step)), what);
  if (line.of) {
    fmt::print("{}a copy of {} in {} {}\n", margin, place_text(line.of->file, line.of->place),
               one_line(line.of->source), dim(line.of->id));
  }
  if (!line.excerpt.empty()) fmt::print("{}", excerpt_text(line.excerpt, line.mark_begin, line.mark_end, indent + 4));
}

void add_data(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb =
      app.add_subcommand("data", "Look into a curated corpus: what was dropped, changed and kept, and why");
  verb->require_subcommand(1);
  verb->footer(kExamples);
  add_data_stats(*verb, context, action);
  add_data_sample(*verb, context, action);
  add_data_why(*verb, context, action);
  add_data_diff(*verb, context, action);
  add_data_clusters(*verb, context, action);
  add_data_card(*verb, context, action);
  add_data_delete(*verb, context, action);
}

}  // namespace persea
