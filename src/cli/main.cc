// The command: parses, then runs the one verb that was named. Exit status 0 done, 1 failure, 2 wrong usage.
#include <signal.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/log.h"
#include "base/threads.h"
#include "cli/bench.h"
#include "cli/chat.h"
#include "cli/contamination.h"
#include "cli/curate.h"
#include "cli/data.h"
#include "cli/export.h"
#include "cli/generate.h"
#include "cli/import.h"
#include "cli/key.h"
#include "cli/ls.h"
#include "cli/plan.h"
#include "cli/quality.h"
#include "cli/render.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/serve.h"
#include "cli/show.h"
#include "cli/submit.h"
#include "cli/trace.h"
#include "cli/verb.h"
#include "cli/verify.h"

namespace persea {
namespace {

// One line a verb, in the order of the help.
constexpr void (*kVerbs[])(CLI::App&, CliContext&, VerbAction&) = {
    add_run,    add_submit, add_curate, add_data,   add_plan,     add_generate, add_chat,    add_serve,
    add_ls,     add_show,   add_trace,  add_verify, add_report,   add_render,   add_quality, add_contamination,
    add_import, add_export, add_key,    add_user,   add_feedback, add_bench,
};

constexpr const char* kExamples = R"(Examples:
  persea run recipes/quickstart.toml                    from nothing to a model that writes, and its report
  persea run recipes/quickstart.toml --text ~/texts     the same from your own text
  persea submit recipe.toml --time 2:00:00              the same as a job of Slurm
  persea ls                                             what the lab holds
  persea show model                                     everything about the newest model
  persea trace model                                    what it was made from, back to the sources
  persea chat                                           talk with the newest model
  persea serve                                          the same over HTTP, as OpenAI's clients know it
  persea export --gguf model.gguf                       the newest model for other programs
  persea verify                                         is every file still what was recorded?

persea VERB --help tells about one verb. What is made lies in the folder ./lab, or where --lab or PERSEA_LAB says.)";

// The line for a command line that is wrong: which word, and the verb that was perhaps meant.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  std::string message = error.what();
  for (char& c : message) c = c == '\n' ? ' ' : c;
  if (!app.get_subcommands().empty()) {
    return fmt::format("{} (see persea {} --help)", message, app.get_subcommands().front()->get_name());
  }
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    verbs.push_back(verb->get_name());
  }
  for (int i = 1; i < argc; ++i) {
    const std::string near = nearest(argv[i], verbs);
    if (argv[i][0] != '-' && !near.empty()) return fmt::format("no verb \"{}\": did you mean {}?", argv[i], near);
  }
  return argc < 2 ? "say what to do (see persea --help)" : message + " (see persea --help)";
}

int run(int argc, char** argv) {
  CliContext context;
  VerbAction action;
  CLI::App app("Persea: a language-model lab in one program, from text to a model that people talk with", "persea");
  app.fallthrough();  // global options may stand behind the verb too
  app.require_subcommand(1);
  app.set_version_flag("--version", "persea " PERSEA_VERSION, "Print the version");
  app.add_option("--lab", context.lab, "The lab's folder")->envname("PERSEA_LAB")->capture_default_str();
  app.add_flag("--json", context.json, "Print results as one JSON document");
  app.add_option("--threads", context.threads, "Threads to use (0: one a core)")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_flag("-q,--quiet", context.quiet, "No progress and no hints");
  app.footer(kExamples);
  for (const auto add : kVerbs) add(app, context, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    (void)report(Error{usage_error(app, error, argc, argv)});
    return 2;
  }
  if (context.quiet) set_log_level(LogLevel::warning);
  if (context.threads > 0) set_threads(context.threads);
  const int status = action();
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)  // a full disk shows only now
    return report(fail("standard output: cannot write: {}", std::strerror(errno)));
  return status;
}

}  // namespace
}  // namespace persea

int main(int argc, char** argv) {
  signal(SIGXFSZ, SIG_IGN);  // a limit on files comes back as an error of write(), as a full disk does
  try {
    return persea::run(argc, argv);
  } catch (const std::bad_alloc&) {
    return persea::report({"out of memory"});
  } catch (const std::exception& error) {
    return persea::report(persea::fail("a fault in persea itself: {}", error.what()));
  }
}
