#include "base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/clock.h"

namespace persea {
namespace {

constexpr double kTerminalInterval = 0.1, kPlainInterval = 10;

std::string bar(double part) {
  constexpr int kWidth = 20;
  const int full = static_cast<int>(part * kWidth);
  std::string text;
  for (int i = 0; i < kWidth; ++i) text += i < full ? "█" : "░";
  return text;
}

void show(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace

Progress::Progress(std::string_view label, double total, bool quiet)
    : label_(label), total_(total), start_(wall_seconds()), quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {
  drawn_ = terminal_ ? 0 : start_;
}

Progress::~Progress() { finish(); }

void Progress::update(double done, std::string_view note) {
  done_ = done;
  if (quiet_ || finished_) return;
  if (!note.empty()) note_ = note;
  const double now = wall_seconds();
  if (now - drawn_ < (terminal_ ? kTerminalInterval : kPlainInterval)) return;
  drawn_ = now;

  std::string line = label_;
  if (total_ > 0) {
    const double part = std::clamp(done_ / total_, 0.0, 1.0);
    line += terminal_ ? fmt::format(" {} {:3.0f}%", bar(part), part * 100) : fmt::format(" {:.0f}%", part * 100);
    if (part > 0.01 && now - start_ > 1) line += " · " + format_duration((now - start_) * (1 - part) / part) + " left";
  } else {
    line += " " + format_count(done_);
  }
  if (!note_.empty()) line += " · " + note_;
  show(terminal_ ? "\r\033[K" + line : line + "\n");
}

void Progress::finish(std::string_view note) {
  if (finished_) return;
  finished_ = true;
  if (quiet_) return;
  if (!note.empty()) note_ = note;
  std::string line = label_ + " · " + format_duration(wall_seconds() - start_);
  if (!note_.empty()) line += " · " + note_;
  show((terminal_ ? "\r\033[K" : "") + line + "\n");
}

}  // namespace persea
