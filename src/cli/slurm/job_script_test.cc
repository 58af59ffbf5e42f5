// The script as bash runs it, with stand-ins for Slurm's commands: what happens in which order is seen here without
// Slurm. tests/slurm_test.sh does the same with the real one.
#include "cli/slurm/job_script.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/child_process.h"
#include "base/file.h"

namespace persea::slurm {
namespace {

class JobScript : public ::testing::Test {
 protected:
  JobScript() : dir_(std::move(*TempDir::create(fs::temp_directory_path(), "job script's $x %"))) {
    plan_.program = dir_.path() / "work er";
    plan_.recipe = dir_.path() / "recipe.toml";
    plan_.folder = dir_.path() / "job";
    plan_.verb = "run";
    plan_.words = {"--set", "report.prompts=[\"it's $HOME\"]"};
    plan_.settings.ranks = 1;
    plan_.settings.name = "a";
    plan_.created = "now";
    fs::create_directories(plan_.folder);
    fs::create_directories(dir_.path() / "bin");
    put("recipe.toml", "x = 1\n");
    put("job/recipe.toml", "x = 1\n");
    // srun and mpirun note their own words, and become the program.
    const std::string launch =
        "echo \"NAME $*\" >>\"$NOTES\"\nwhile [[ $1 == -* || $1 =~ ^[0-9]+$ || $1 == none || $1 == oob_* || $1 == "
        "odls_* ]]; do shift; "
        "done\nexec "
        "\"$@\"\n";
    tool("bin/srun",
         "[[ $1 == --mpi=list ]] && { echo \"MPI plugin types are... $PLUGINS\" >&2; exit; }\n" + with(launch, "srun"));
    tool("bin/mpirun", with(launch, "mpirun"));
    tool("bin/scontrol", "[[ $1 == requeue ]] && echo \"requeue $2\" >>\"$NOTES\" || echo \"JobId=7 $SHOWN\"\n");
    tool("work er", "printf '%s|' \"$@\" >>\"$NOTES\"\nexit \"${STATUS:-0}\"\n");
  }
  static std::string with(std::string text, const std::string& name) {
    return text.replace(text.find("NAME"), 4, name);
  }
  void put(const fs::path& file, std::string_view text) { ASSERT_TRUE(write_file(dir_.path() / file, text).ok()); }
  void tool(const fs::path& file, const std::string& body) {
    put(file, "#!/bin/bash\n" + body);
    fs::permissions(dir_.path() / file, fs::perms::owner_all);
  }

  // Runs the script; what was noted.
  std::string run(const std::vector<std::string>& environment = {}, int expected = 0) {
    const auto script = job_script(plan_);
    EXPECT_TRUE(script.ok()) << script.error().message;
    put("job/script", *script);
    const fs::path notes = dir_.path() / "notes";
    put("notes", "");
    std::vector<std::string> words = {"env", "PATH=" + (dir_.path() / "bin").string() + ":" + std::getenv("PATH"),
                                      "NOTES=" + notes.string(), "SLURM_JOB_ID=7"};
    words.insert(words.end(), environment.begin(), environment.end());
    words.insert(words.end(), {"bash", (plan_.folder / "script").string()});
    const auto child = run_child(words);
    EXPECT_TRUE(child.ok());
    said_ = child->err;
    EXPECT_EQ(child->status, expected) << said_;
    return *read_file(notes);
  }
  std::string exit_file() { return read_file(plan_.folder / "exit").ok() ? *read_file(plan_.folder / "exit") : "-"; }
  bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  TempDir dir_;
  JobPlan plan_;
  std::string said_;
};

TEST_F(JobScript, OneRankNeedsNoMpi) {
  const std::string notes = run();
  EXPECT_TRUE(has(notes, "srun --ntasks=1 --cpus-per-task=1 --kill-on-bad-exit=1 --mpi=none ")) << notes;
  EXPECT_TRUE(has(notes, "run|" + plan_.recipe.string() + "|--set|report.prompts=[\"it's $HOME\"]|--threads|1|"))
      << notes;
  EXPECT_EQ(exit_file(), "0\n");
}

TEST_F(JobScript, RanksStartThroughPmixWhereSlurmHasIt) {
  plan_.settings.ranks = 3;
  plan_.settings.threads = 2;
  EXPECT_TRUE(has(run({"PLUGINS=none pmi2 pmix pmix_v4"}),
                  "srun --ntasks=3 --cpus-per-task=2 --kill-on-bad-exit=1 --mpi=pmix "));
  EXPECT_TRUE(has(run({"PLUGINS=none pmi2"}), "mpirun -n 3 --bind-to none "));
  plan_.settings.launcher = "mpirun";
  EXPECT_TRUE(has(run({"PLUGINS=pmix"}), "mpirun -n 3"));
  plan_.settings.launcher = "srun";
  EXPECT_TRUE(has(run({"PLUGINS=none"}), "--mpi=pmix"));
}

TEST_F(JobScript, AnErrorIsNotTriedAgain) {
  EXPECT_FALSE(has(run({"STATUS=1"}, 1), "requeue"));
  EXPECT_EQ(exit_file(), "1\n");
  EXPECT_FALSE(has(run({"STATUS=2", "SHOWN=PreemptTime=2026-11-23T06:04:21"}, 2), "requeue"));
}

TEST_F(JobScript, AJobThatLostAMachineIsRequeued) { EXPECT_TRUE(has(run({"STATUS=205"}), "requeue 7\n")); }

TEST_F(JobScript, APreemptedJobIsRequeued) {
  EXPECT_TRUE(has(run({"STATUS=1", "SHOWN=PreemptTime=2026-11-23T06:04:21"}), "requeue 7\n"));
  EXPECT_FALSE(has(run({"STATUS=1", "SHOWN=PreemptTime=None"}, 1), "requeue"));
  EXPECT_FALSE(has(run({"STATUS=0", "SHOWN=PreemptTime=2026-11-23T06:04:21"}), "requeue"));
}

TEST_F(JobScript, AWarningReachesTheWorkAndRequeues) {
  // The work warns the script, as Slurm would, and ends some time after it is warned itself.
  tool("work er",
       "trap 'echo warned >>\"$NOTES\"; sleep 0.3; exit 1' USR1\nkill -USR1 $PPID\nwhile :; do sleep 0.05; done\n");
  const std::string notes = run();
  EXPECT_TRUE(has(notes, "warned\nrequeue 7\n")) << notes;
  EXPECT_EQ(exit_file(), "-") << "a job that goes on has no exit status yet";
}

TEST_F(JobScript, WorkThatDiesOfTheWarningIsRequeuedAndWorkThatEndsIsDone) {
  tool("work er", "kill -USR1 $PPID; sleep 5\n");
  EXPECT_TRUE(has(run(), "requeue 7\n"));
  tool("work er", "trap : USR1\nkill -USR1 $PPID; sleep 0.3\n");
  EXPECT_FALSE(has(run(), "requeue"));
  EXPECT_EQ(exit_file(), "0\n");
}

TEST_F(JobScript, RequeuesAreCounted) {
  plan_.settings.requeues = 3;
  EXPECT_TRUE(has(run({"STATUS=1", "SHOWN=PreemptTime=2026", "SLURM_RESTART_COUNT=2"}), "requeue 7"));
  EXPECT_FALSE(has(run({"STATUS=1", "SHOWN=PreemptTime=2026", "SLURM_RESTART_COUNT=3"}, 1), "requeue 7"));
  EXPECT_TRUE(has(said_, "requeued 3 times")) << said_;
}

TEST_F(JobScript, TheEndOfTheJobIsWaitedFor) {
  tool("work er", "trap 'sleep 0.3; echo checkpoint >>\"$NOTES\"; exit 1' TERM\nkill -TERM $PPID $$\nsleep 5\n");
  const std::string notes = run({}, 1);
  EXPECT_TRUE(has(notes, "checkpoint")) << notes;
  EXPECT_FALSE(has(notes, "requeue"));
}

TEST_F(JobScript, ARecipeThatChangedIsNotRun) {
  put("recipe.toml", "x = 2\n");
  EXPECT_EQ(run({}, 2), "");
  EXPECT_TRUE(has(said_, "recipe.toml: is gone, or has changed since the job was submitted")) << said_;
  EXPECT_EQ(exit_file(), "2\n");
}

TEST_F(JobScript, DirectivesQuoteAndNameOnlyWhatWasAsked) {
  plan_.settings.time = "1:00";
  plan_.settings.memory = "2G";
  plan_.settings.sbatch = {"--qos=high"};
  const std::string script = *job_script(plan_);
  EXPECT_TRUE(has(script, "\n#SBATCH --time=1:00\n#SBATCH --mem=2G\n#SBATCH --output='")) << script;
  EXPECT_TRUE(has(script, "job script'\"'\"'s $x %%")) << script;
  EXPECT_TRUE(has(script, "#SBATCH --signal=B:USR1@120\n#SBATCH --qos=high\n")) << script;
  for (const char* option : {"partition", "nodes", "gpus", "account"})
    EXPECT_FALSE(has(script, std::string("--") + option)) << script;
}

TEST_F(JobScript, PathsThatSlurmMisreadsAreRefused) {
  plan_.folder = "/lab\\x/jobs/a";
  EXPECT_EQ(job_script(plan_).error().message,
            "/lab\\x/jobs/a: a path with a backslash is no place for Slurm's log: name another lab");
  plan_.folder = "/lab\nrm -rf x";
  EXPECT_FALSE(job_script(plan_).ok());
}

TEST(ShellQuote, IsOneWordWhateverIsInIt) {
  for (const std::string word : {"", "a", "a b", "it's", "$(x) `y` \"z\" \\ #!", "*?[a]{b}~", "-n", "ü"}) {
    const auto child = run_child({"bash", "-c", "printf '%s|' " + shell_quote(word)});
    EXPECT_EQ(child->out, word + "|");
  }
}

}  // namespace
}  // namespace persea::slurm
