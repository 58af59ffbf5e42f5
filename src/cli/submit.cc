#include "cli/submit.h"

#include <memory>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/recipe_options.h"
#include "cli/slurm/commands.h"
#include "cli/slurm/follow.h"
#include "cli/slurm/job_record.h"
#include "cli/slurm/job_script.h"
#include "cli/terminal.h"
#include "data/curation/recipe.h"
#include "ledger/lab.h"

namespace persea {
namespace {

constexpr const char* kExamples = R"(Examples:
  persea submit recipes/quickstart.toml --threads 16 --time 2:00:00      a run on 16 cores, followed to its end
  persea submit curation.toml --nodes 4 --ranks 16 --threads 8           curation by 16 ranks on 4 machines
  persea submit recipe.toml --sbatch=--qos=high --sbatch=--exclusive     with options of sbatch's own
  persea submit curation.toml -- --memory 32G                            with options of persea curate's own
  persea submit recipe.toml --dry-run                                    the job's script, and nothing is sent
  persea submit --follow 1234                                            looks again at a job of this lab

The options from --ranks on may stand in the recipe's table [submit] too. The lab, the recipe, the texts that it names and this program have
to lie where every machine of the job sees them under the same path. A job that meets its time limit or is preempted leaves a checkpoint,
requeues itself and goes on, to the same bits; Ctrl-C here ends the looking on, not the job. docs/slurm.md says more.)";

struct Options {
  std::shared_ptr<RecipeOptions> recipe;
  Json job = Json::object();  // of [submit], as far as they were given
  std::vector<std::string> words;
  std::string follow;
  bool dry_run = false, no_follow = false;
};

// A recipe with [[source]] is one for curation; every other one is for the line that trains.
Status check_recipe(const RecipeOptions& options, bool curation) {
  if (!curation) {
    auto recipe = options.load();
    return recipe ? Status() : recipe.error();
  }
  if (!options.text.empty() || !options.set.empty())
    return fail("{}: --text and --set are for recipes that train, and this one is for curation", options.file);
  auto recipe = curation::Recipe::load(options.file);
  return recipe ? Status() : recipe.error();
}

// A name that is safe in a folder's name and in Slurm's tables, from the recipe's or the one that was given.
std::string job_name(const std::string& given, const fs::path& recipe) {
  std::string name;
  for (const char c : given.empty() ? recipe.stem().string() : given) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    name += plain ? c : '-';
  }
  return name.empty() ? "job" : name.substr(0, 64);
}

slurm::JobPlan plan_job(const CliContext& context, const Options& options, slurm::JobSettings settings, bool curation) {
  slurm::JobPlan plan;
  plan.settings = std::move(settings);
  plan.settings.name = job_name(plan.settings.name, options.recipe->file);
  plan.created = timestamp();
  plan.program = fs::read_symlink("/proc/self/exe");
  plan.recipe = fs::absolute(options.recipe->file).lexically_normal();
  const fs::path lab = fs::absolute(context.lab).lexically_normal();
  plan.folder = slurm::job_folder(lab, plan.created, plan.settings.name);
  plan.verb = curation ? "curate" : "run";
  plan.words = {"--lab", lab.string()};
  if (!options.recipe->text.empty())
    plan.words.insert(plan.words.end(), {"--text", fs::absolute(options.recipe->text).lexically_normal().string()});
  for (const std::string& assignment : options.recipe->set) plan.words.insert(plan.words.end(), {"--set", assignment});
  if (context.quiet) plan.words.emplace_back("--quiet");
  plan.words.insert(plan.words.end(), options.words.begin(), options.words.end());
  return plan;
}

// Makes the job's folder and sends the job; a job that Slurm refuses leaves no folder.
Result<slurm::JobRecord> send_job(const CliContext& context, slurm::JobPlan plan) {
  PERSEA_TRY(const Lab lab, Lab::open(context.lab));
  PERSEA_TRY(plan.folder, slurm::make_job_folder(plan.folder));
  const auto send = [&plan]() -> Result<slurm::JobId> {
    PERSEA_TRY(const std::string recipe, read_file(plan.recipe));
    PERSEA_TRY(const std::string script, slurm::job_script(plan));
    PERSEA_CHECK(write_file(plan.folder / slurm::kRecipeFile, recipe));
    PERSEA_CHECK(write_file(plan.folder / slurm::kScriptFile, script));
    return slurm::submit_job(plan.folder / slurm::kScriptFile);
  };
  const auto id = send();
  if (!id) {
    std::error_code error;
    fs::remove_all(plan.folder, error);
    return id.error();
  }
  slurm::JobSettings settings = plan.settings;
  Json said = Json::object();
  settings.fields([&](const char* name, auto& value) { said[name] = value; });
  slurm::JobRecord record{*id, plan.folder};
  if (const Status written = slurm::write_job_record(record, {{"submitted", plan.created},
                                                              {"recipe", plan.recipe.string()},
                                                              {"verb", plan.verb},
                                                              {"words", plan.words},
                                                              {"settings", said},
                                                              {"program_version", PERSEA_VERSION}});
      !written)
    return fail("job {} is submitted, but not recorded: {}", id->number, written.error().message);
  return record;
}

Json record_json(const slurm::JobRecord& record) {
  return {{"job", record.id.number},
          {"script", (record.folder / slurm::kScriptFile).string()},
          {"log", (record.folder / slurm::kLogFile).string()}};
}

int follow(const CliContext& context, const slurm::JobRecord& record) {
  const auto seen = slurm::follow_job(record, !context.json);
  if (!seen) return report(seen.error());
  if (context.json) {
    Json answer = record_json(record);
    answer.update({{"state", seen->state}, {"restarts", seen->restarts}, {"status", seen->status}});
    print_json(answer);
  }
  if (seen->interrupted) {
    log_warning("job {} goes on. To follow it again: persea submit --follow {} --lab {}; to cancel it: {}",
                record.id.number, record.id.number, slurm::shell_quote(context.lab), slurm::cancel_command(record.id));
  } else if (seen->status != 0 && !context.json) {
    log_warning("job {}: submitted again, it goes on from what is kept; its log is {}", record.id.number,
                (record.folder / slurm::kLogFile).string());
  }
  return seen->status;
}

int submit(const CliContext& context, const Options& options) {
  const std::string& file = options.recipe->file;
  const auto text = read_file(file);
  if (!text) return report(text.error());
  const auto document = parse_toml(*text, file);
  if (!document) return report(document.error());
  const bool curation = document->value.contains("source");
  if (const Status recipe = check_recipe(*options.recipe, curation); !recipe) return report(recipe.error());
  Json given = options.job;
  if (context.threads > 0) given["threads"] = context.threads;
  const auto settings = slurm::read_job_settings(*document, file, given);
  if (!settings) return report(settings.error()) + (given.empty() ? 0 : 1);  // then it is the command line's fault
  const slurm::JobPlan plan = plan_job(context, options, *settings, curation);
  const auto script = slurm::job_script(plan);
  if (!script) return report(script.error());
  if (options.dry_run) {
    if (context.json) {
      print_json({{"script", *script}});
    } else {
      fmt::print("{}", *script);
    }
    return 0;
  }
  if (const Status here = slurm::check_slurm(); !here) return report(here.error());
  const auto record = send_job(context, plan);
  if (!record) return report(record.error());
  log_info("job {}: submitted; its script and its log are in {}", record->id.number, record->folder.string());
  if (!options.no_follow) return follow(context, *record);
  if (context.json) {
    print_json(record_json(*record));
  } else {
    fmt::print("{}\n", record->id.number);
  }
  return 0;
}

int run_submit(const CliContext& context, const Options& options) {
  if (!options.follow.empty()) {
    const auto record = slurm::find_job_record(context.lab, options.follow);
    if (const Status here = slurm::check_slurm(); record && !here) return report(here.error());
    return record ? follow(context, *record) : report(record.error());
  }
  if (options.recipe->file.empty()) {
    (void)report(fail("say which recipe, or which job to --follow (see persea submit --help)"));
    return 2;
  }
  return submit(context, options);
}

}  // namespace

void add_submit(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("submit", "Run a recipe as a job of Slurm, and follow it");
  const auto options = std::make_shared<Options>();
  options->recipe = add_recipe_options(*verb);
  CLI::Option* recipe = verb->get_option("RECIPE")->required(false);
  const auto number = [&](const char* option, const char* key, const char* help) {
    verb->add_option_function<int64_t>(
        option, [options, key](int64_t value) { options->job[key] = value; }, help);
  };
  const auto text = [&](const char* option, const char* key, const char* help) {
    verb->add_option_function<std::string>(
        option, [options, key](const std::string& value) { options->job[key] = value; }, help);
  };
  number("--ranks", "ranks", "Ranks that share the work; else one a node");
  number("--nodes", "nodes", "Machines to spread them over");
  number("--ranks-per-node", "ranks_per_node", "Ranks on each");
  text("--time", "time", "Time limit, as sbatch has it: 2:00:00");
  text("--partition", "partition", "Slurm's partition");
  text("--account", "account", "Whom Slurm charges");
  text("--memory", "memory", "Memory of a node: 64G");
  text("--gpus", "gpus", "Accelerators of the job");
  text("--name", "name", "The job's name; else the recipe's");
  verb->add_option_function<std::vector<std::string>>(
          "--sbatch", [options](const std::vector<std::string>& words) { options->job["sbatch"] = words; },
          "A further option of sbatch, as in --sbatch=--qos=high; may be repeated")
      ->allow_extra_args(false);
  text("--launcher", "launcher", "What starts several ranks: srun (through PMIx), mpirun, or auto");
  number("--warning", "warning", "Seconds before the time limit at which a run leaves its checkpoint (120)");
  number("--requeues", "requeues", "How often the job may requeue itself (100)");
  verb->add_option("WORDS", options->words, "Behind --: further options of persea run, or of persea curate");
  verb->add_flag("--dry-run", options->dry_run, "Print the job's script, and send nothing");
  verb->add_flag("--no-follow", options->no_follow, "Print the job's number, and do not wait for it");
  verb->add_option("--follow", options->follow, "Follow this job, which was submitted earlier")->excludes(recipe);
  verb->footer(kExamples);
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return run_submit(context, *options); }; });
}

}  // namespace persea
