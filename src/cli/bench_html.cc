// persea bench html FILE.jsonl: the main content of each page of a file, to be held against what it was made from.
#include <cstdio>
#include <memory>

#include "base/clock.h"
#include "cli/bench.h"
#include "cli/bench_texts.h"
#include "read/html.h"

namespace persea {
namespace {

struct Options {
  std::string file;
  bool quiet = false;
};

int bench_html(const CliContext& context, const Options& options) {
  const auto pages = read_texts(options.file, "html");
  if (!pages) return report(pages.error());
  double seconds = 0, bytes = 0;
  for (const std::string& html : *pages) {
    const double start = cpu_seconds();
    const read::HtmlPage page = read::read_html(html);
    seconds += cpu_seconds() - start;
    bytes += static_cast<double>(html.size());
    if (options.quiet) continue;
    fmt::print("{}\n", canonical_json({{"text", page.text},
                                       {"title", page.title},
                                       {"address", page.address},
                                       {"author", page.author},
                                       {"date", page.date},
                                       {"language", page.language}}));
  }
  if (!context.quiet) {
    fmt::print(stderr, "{} pages, {:.2f} s, {:.1f} pages/s, {:.2f} MB/s\n", pages->size(), seconds,
               static_cast<double>(pages->size()) / seconds, bytes / 1e6 / seconds);
  }
  return 0;
}

}  // namespace

void add_bench_html(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb = bench.add_subcommand("html", "The main content of each page, one JSON line for each");
  const auto options = std::make_shared<Options>();
  verb->add_option("FILE", options->file, "JSON lines with a page's `html`")->required();
  verb->add_flag("--no-lines", options->quiet, "Print no texts: only the speed counts");
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_html(context, *options); }; });
}

}  // namespace persea
