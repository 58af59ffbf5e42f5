#include "train/straggler.h"

#include <algorithm>

namespace persea {
namespace {

constexpr double kSlow = 1.5;
constexpr int64_t kLook = 20;  // steps
constexpr size_t kMost = 15;   // of these: a rank that lags now and then is none

double median(std::vector<double> values) {
  const size_t middle = values.size() / 2;
  std::sort(values.begin(), values.end());
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

std::vector<StragglerWatch::Straggler> StragglerWatch::hear(std::span<const double> seconds) {
  watched_.resize(seconds.size());
  if (seconds.size() < 2) return {};
  for (size_t rank = 0; rank < seconds.size(); ++rank) {
    std::vector<double> others(seconds.begin(), seconds.end());
    others.erase(others.begin() + static_cast<int64_t>(rank));
    const double times = seconds[rank] / std::max(median(std::move(others)), 1e-9);
    if (times > kSlow) watched_[rank].slow.push_back(times);
  }
  if (++steps_ < kLook) return {};
  steps_ = 0;
  std::vector<Straggler> found;
  for (size_t rank = 0; rank < seconds.size(); ++rank) {
    Watched& watched = watched_[rank];
    const bool slow = watched.slow.size() >= kMost;
    if (slow && !watched.named) found.push_back({static_cast<int>(rank), median(watched.slow)});
    watched.named = slow;
    watched.slow.clear();
  }
  return found;
}

}  // namespace persea
