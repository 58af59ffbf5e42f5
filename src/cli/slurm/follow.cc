#include "cli/slurm/follow.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/slurm/commands.h"
#include "cli/slurm/job_script.h"
#include "cli/slurm/log_tail.h"
#include "train/interrupt.h"

namespace persea::slurm {
namespace {

constexpr double kLogSeconds = 0.5;                     // between looks at the log
constexpr double kFirstSeconds = 1, kMostSeconds = 10;  // between questions to Slurm: rarer the longer nothing happens
constexpr double kPatience = 600;                       // with a Slurm that does not answer
constexpr double kSettleSeconds = 2;                    // for the last lines of a log to arrive
constexpr int kInterrupted = 130;

class Follower {
 public:
  Follower(const JobRecord& record, bool show_log)
      : record_(record), show_log_(show_log), log_(record.folder / kLogFile) {}
  Result<Followed> run();

 private:
  void show_log();
  void tell(const JobState& state);
  void pause(double seconds) const;
  Result<std::optional<JobState>> ask();
  JobState forgotten() const;

  const JobRecord& record_;
  const bool show_log_;
  LogTail log_;
  InterruptGuard interrupt_;
  Followed seen_;
  std::string told_;
  bool log_failed_ = false;
  std::optional<double> silent_since_;
};

void Follower::show_log() {
  if (!show_log_) return;
  while (!interrupt_.interrupted()) {
    const auto text = log_.more();
    if (!text && !log_failed_) log_warning("{}", text.error().message);
    log_failed_ = !text.ok();
    if (!text || text->empty()) break;
    std::fwrite(text->data(), 1, text->size(), stdout);
  }
  std::fflush(stdout);
}

// One line a change; an expected start that only moves is none. COMPLETING stands between two states: nothing to know.
void Follower::tell(const JobState& state) {
  const std::string key =
      fmt::format("{} {} {} {} {}", state.name, state.restarts, state.reason, state.nodes, state.start.empty());
  if (state.name == "COMPLETING" || key == told_) return;
  told_ = key;
  std::string line = describe(state);
  if (state.restarts > seen_.restarts && !state.ended())
    line = fmt::format("requeued (restart {}), {}", state.restarts, line);
  seen_.restarts = std::max(seen_.restarts, state.restarts);
  log_info("job {}: {}", record_.id.number, line);
}

void Follower::pause(double seconds) const {
  for (const double end = wall_seconds() + seconds; wall_seconds() < end && !interrupt_.interrupted();)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

// A Slurm that does not answer may be at its own restart: that is told once, and waited for.
Result<std::optional<JobState>> Follower::ask() {
  auto state = query_job(record_.id);
  if (state) {
    silent_since_.reset();
    return state;
  }
  if (!silent_since_) {
    silent_since_ = wall_seconds();
    log_warning("Slurm does not answer, and is asked again: {}", state.error().message);
  }
  if (wall_seconds() - *silent_since_ < kPatience)
    return std::optional<JobState>(JobState{"UNKNOWN", "", "", "", 0, 0});
  return fail("Slurm has not answered for {}: {}", format_duration(kPatience), state.error().message);
}

// Slurm forgets a job some minutes after its end: then the script's own note tells.
JobState Follower::forgotten() const {
  JobState state{"FORGOTTEN", "", "", "", seen_.restarts, 1};
  const auto note = read_file(record_.folder / kExitFile);
  if (note && !note->empty() && note->size() <= 4 &&
      std::from_chars(note->data(), note->data() + note->size(), state.exit).ec == std::errc()) {
    state.exit &= 0xff;
    state.name = state.exit == 0 ? "COMPLETED" : "FAILED";
  }
  return state;
}

Result<Followed> Follower::run() {
  double every = kFirstSeconds, next = 0;
  std::string before;
  while (!interrupt_.interrupted()) {
    show_log();
    if (wall_seconds() < next) {
      pause(kLogSeconds);
      continue;
    }
    PERSEA_TRY(const auto answer, ask());
    if (interrupt_.interrupted()) break;
    const JobState state = answer ? *answer : forgotten();
    every = state.name == before ? std::min(every * 1.5, kMostSeconds) : kFirstSeconds;
    // An end counts once it was seen twice: a job that is being requeued may show one in between.
    const bool over = (!answer || state.ended()) && state.name == before;
    before = state.name;
    if (over) {
      pause(kSettleSeconds);
      show_log();
      if (state.name == "FORGOTTEN")
        return fail("job {}: Slurm knows it no more, and it left no exit status", record_.id.number);
      tell(state);
      seen_.state = state.name;
      seen_.status = state.status();
      return seen_;
    }
    if (answer && !state.ended() && state.name != "UNKNOWN") {
      tell(state);
      seen_.state = state.name;
    }
    next = wall_seconds() + every;
  }
  seen_.interrupted = true;
  seen_.status = kInterrupted;
  return seen_;
}

}  // namespace

Result<Followed> follow_job(const JobRecord& record, bool show_log) { return Follower(record, show_log).run(); }

}  // namespace persea::slurm
