#include "infer/scheduler_stats.h"

#include <algorithm>

namespace persea {

void Histogram::add(double value) {
  ++counts[static_cast<size_t>(std::lower_bound(kBounds.begin(), kBounds.end(), value) - kBounds.begin())];
  sum += value;
}

void Histogram::add(const Histogram& more) {
  for (size_t i = 0; i < counts.size(); ++i) counts[i] += more.counts[i];
  sum += more.sum;
}

void SchedulerStats::add(const SchedulerStats& more) {
  for (const auto count :
       {&SchedulerStats::requests, &SchedulerStats::refused, &SchedulerStats::prompt_tokens,
        &SchedulerStats::reused_tokens, &SchedulerStats::written_tokens, &SchedulerStats::passes,
        &SchedulerStats::pass_tokens, &SchedulerStats::drafted, &SchedulerStats::accepted, &SchedulerStats::put_back})
    this->*count += more.*count;
  for (size_t i = 0; i < ended.size(); ++i) ended[i] += more.ended[i];
  for (const auto part :
       {&SchedulerStats::waited, &SchedulerStats::first_token, &SchedulerStats::gap, &SchedulerStats::whole})
    (this->*part).add(more.*part);
}

}  // namespace persea
