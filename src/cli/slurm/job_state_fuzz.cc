// What Slurm's commands print, from outside: whatever the bytes, what is read of them is short, printable and in range.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cli/slurm/job_state.h"

namespace {

void hold(const std::optional<persea::slurm::JobState>& state) {
  if (!state) return;
  if (state->name.empty() || state->restarts < 0 || state->exit < 0 || state->exit > 255) std::abort();
  if (state->ended() && (state->status() == 0) != (state->name == "COMPLETED")) std::abort();
  const std::string line = describe(*state);
  if (line.empty() || line.size() > 1000) std::abort();
  for (const char c : line) {
    if (c < 0x20 || c > 0x7e) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace persea::slurm;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  hold(parse_squeue(text));
  hold(parse_sacct(text));
  if (const auto id = parse_job_id(text); id && (id->number == 0 || id->cluster.starts_with('-'))) std::abort();
  return 0;
}
