#include "base/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace persea {
namespace {

double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::optional<double> read_number(const fs::path& path) {
  const auto text = read_file(path);
  double value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc()) return std::nullopt;
  return value;
}

// The energy of all processor packages since the first reading, from the RAPL counters that Linux shows under
// /sys/class/powercap. A counter wraps after some 2^18 joules; readings must come oftener than that (about hourly).
class EnergyCounter {
 public:
  EnergyCounter() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/sys/class/powercap", error)) {
      const std::string name = entry.path().filename();
      // "intel-rapl:0" is a package; "intel-rapl:0:1" a part of one, already counted in it.
      if (!name.starts_with("intel-rapl:") || std::count(name.begin(), name.end(), ':') != 1) continue;
      const auto now = read_number(entry.path() / "energy_uj");
      const auto range = read_number(entry.path() / "max_energy_range_uj");
      if (now && range) packages_.push_back({entry.path() / "energy_uj", *now, *range});
    }
  }

  std::optional<double> joules() {
    const std::lock_guard lock(mutex_);
    if (packages_.empty()) return std::nullopt;
    for (Package& package : packages_) {
      const auto now = read_number(package.path);
      if (!now) return std::nullopt;
      double used = *now - package.last;
      if (used < 0) used += package.range;
      total_ += used * 1e-6;
      package.last = *now;
    }
    return total_;
  }

 private:
  struct Package {
    fs::path path;
    double last, range;
  };
  std::mutex mutex_;
  std::vector<Package> packages_;
  double total_ = 0;
};

std::optional<double> joules() {
  static EnergyCounter counter;
  return counter.joules();
}

// `value` with the largest unit it reaches, each 1000 times the one before it.
std::string scaled(double value, const char* const (&units)[6]) {
  int unit = 0;
  while (std::abs(value) >= 999.5 && unit < 5) {
    value /= 1000;
    ++unit;
  }
  if (unit == 0 || std::abs(value) >= 99.5) return fmt::format("{:.0f}{}", value, units[unit]);
  return fmt::format("{:.1f}{}", value, units[unit]);
}

}  // namespace

double wall_seconds() { return seconds_of(CLOCK_MONOTONIC); }
double cpu_seconds() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

int64_t peak_memory_bytes() {
  const auto status = read_file("/proc/self/status");
  if (!status) return 0;
  const size_t at = status->find("VmHWM:");
  if (at == std::string::npos) return 0;
  size_t digit = status->find_first_of("0123456789", at);
  int64_t kibibytes = 0;
  if (digit != std::string::npos) {
    std::from_chars(status->data() + digit, status->data() + status->size(), kibibytes);
  }
  return kibibytes * 1024;
}

std::string timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string format_duration(double seconds) {
  if (seconds < 0.0995) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  const int64_t minutes = (whole + 30) / 60;
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

std::string format_bytes(double bytes) { return scaled(bytes, {" B", " kB", " MB", " GB", " TB", " PB"}); }
std::string format_count(double count) { return scaled(count, {"", "k", "M", "B", "T", "Q"}); }

Meter::Meter() : wall_(wall_seconds()), cpu_(cpu_seconds()), joules_(joules()) {}

Usage Meter::now() const {
  Usage usage{wall_seconds() - wall_, cpu_seconds() - cpu_, std::nullopt};
  if (const auto total = joules(); total && joules_) usage.joules = *total - *joules_;
  return usage;
}

}  // namespace persea
