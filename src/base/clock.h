// Time and what a stretch of work has cost: wall and CPU seconds, peak memory, and joules where the machine tells
// (RAPL).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace persea {

double wall_seconds();                        // monotonic
double cpu_seconds();                         // user + system, of this process
int64_t peak_memory_bytes();                  // the process's peak resident set (VmHWM)
std::string timestamp();                      // now, UTC: 2026-11-22T03:48:46Z
std::string format_duration(double seconds);  // "1 h 02 min", "3 min 20 s", "4.1 s"
std::string format_bytes(double bytes);       // "1.2 GB" (decimal)
std::string format_count(double count);       // "1.2M"

struct Usage {
  double wall = 0, cpu = 0;
  std::optional<double> joules;
};
// Measures from construction to now().
class Meter {
 public:
  Meter();
  Usage now() const;

 private:
  double wall_, cpu_;
  std::optional<double> joules_;
};

}  // namespace persea
