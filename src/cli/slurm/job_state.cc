#include "cli/slurm/job_state.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include <fmt/format.h>

namespace persea::slurm {
namespace {

constexpr size_t kLongest = 200;  // of a text that is shown
constexpr int kSignal = 128;

// Those behind which nothing comes, unless the job is requeued.
constexpr std::array<std::string_view, 10> kEnds = {"COMPLETED", "FAILED",    "CANCELLED", "TIMEOUT",       "NODE_FAIL",
                                                    "PREEMPTED", "BOOT_FAIL", "DEADLINE",  "OUT_OF_MEMORY", "REVOKED"};

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator, size_t most) {
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < most) {
    const size_t at = text.find(separator);
    if (at == std::string_view::npos) break;
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  parts.push_back(text);
  return parts;
}

// One field as it can be shown; "" for the words that Slurm has for nothing.
std::string shown(std::string_view field) {
  std::string text(trim(field).substr(0, kLongest));
  for (char& c : text) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  for (const char* nothing : {"None", "N/A", "(null)", "Unknown"}) {
    if (text == nothing) return "";
  }
  return text;
}

// "RUNNING"; of "CANCELLED by 1000" the first word.
std::optional<std::string> state_name(std::string_view field) {
  const std::string_view word = trim(field).substr(0, trim(field).find(' '));
  const bool name = !word.empty() && word.size() <= 32 &&
                    std::all_of(word.begin(), word.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
  return name ? std::optional<std::string>(word) : std::nullopt;
}

std::optional<int64_t> number(std::string_view field, int64_t most) {
  const std::string_view digits = trim(field);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0 || value > most) return std::nullopt;
  return value;
}

// A status of wait() as squeue prints it, or "STATUS:SIGNAL" as sacct does.
std::optional<int> exit_status(std::string_view field) {
  const auto parts = split(field, ':', 2);
  if (parts.size() == 2) {
    const auto status = number(parts[0], 255), signal = number(parts[1], 127);
    if (!status || !signal) return std::nullopt;
    return static_cast<int>(*signal > 0 && *status == 0 ? kSignal + *signal : *status);
  }
  const auto waited = number(field, INT64_MAX);
  if (!waited) return std::nullopt;
  const int64_t signal = *waited & 0x7f, status = (*waited >> 8) & 0xff;
  return static_cast<int>(signal > 0 && status == 0 ? kSignal + signal : status);
}

// The first line that `read` makes a state of.
template <class Read>
std::optional<JobState> first_of_lines(std::string_view text, Read read) {
  for (const std::string_view line : split(text, '\n', 100)) {
    if (std::optional<JobState> state = read(line)) return state;
  }
  return std::nullopt;
}

}  // namespace

bool JobState::ended() const { return std::find(kEnds.begin(), kEnds.end(), name) != kEnds.end(); }

int JobState::status() const { return name == "COMPLETED" ? 0 : std::max(exit, 1); }

std::optional<JobState> parse_squeue(std::string_view text) {
  return first_of_lines(text, [](std::string_view line) -> std::optional<JobState> {
    const auto fields = split(line, '|', 7);
    if (fields.size() < 6) return std::nullopt;
    const auto name = state_name(fields[0]);
    const auto restarts = number(fields[1], 1 << 30);
    const auto exit = exit_status(fields[2]);
    if (!name || !restarts || !exit) return std::nullopt;
    return JobState{*name, shown(fields[5]), shown(fields[3]), shown(fields[4]), *restarts, *exit};
  });
}

std::optional<JobState> parse_sacct(std::string_view text) {
  return first_of_lines(text, [](std::string_view line) -> std::optional<JobState> {
    const auto fields = split(line, '|', 3);
    if (fields.size() < 2) return std::nullopt;
    const auto name = state_name(fields[0]);
    const auto exit = exit_status(fields[1]);
    if (!name || !exit) return std::nullopt;
    return JobState{*name, "", "", "", 0, *exit};
  });
}

std::optional<JobId> parse_job_id(std::string_view text) {
  for (const std::string_view line : split(text, '\n', 100)) {
    const auto parts = split(trim(line), ';', 2);
    const auto job = number(parts[0], UINT32_MAX);
    if (!job || *job == 0) continue;
    JobId id{static_cast<uint64_t>(*job), parts.size() == 2 ? shown(parts[1]) : ""};
    const bool plain = std::all_of(id.cluster.begin(), id.cluster.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
             c == '.';
    });
    if (plain && !id.cluster.starts_with('-')) return id;
  }
  return std::nullopt;
}

std::string describe(const JobState& state) {
  std::string text;
  for (const char c : state.name) text += c == '_' ? ' ' : static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (state.name == "RUNNING") return state.nodes.empty() ? text : text + " on " + state.nodes;
  if (state.name == "PENDING") {
    if (!state.reason.empty()) text += " (" + state.reason + ")";
    if (!state.start.empty()) text += ", expected to start " + state.start;
  } else if (state.ended() && state.exit > kSignal) {
    text += fmt::format(", ended by signal {}", state.exit - kSignal);
  } else if (state.ended() && state.exit > 0) {
    text += fmt::format(" with exit status {}", state.exit);
  }
  return text;
}

}  // namespace persea::slurm
