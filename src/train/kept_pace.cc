#include "train/kept_pace.h"

#include "base/file.h"

namespace persea {

Status KeptPace::open() {
  const bool there = ranks_.rank() == 0 && fs::exists(file_);
  const auto written = there ? read_file(file_) : Result<std::string>(std::string());
  PERSEA_CHECK(ranks_.agree(written ? Status() : written.error()));
  PERSEA_TRY(const std::string decided, ranks_.broadcast(*written));
  if (!decided.empty()) {
    PERSEA_TRY(const Json value, parse_json(decided, file_.string()));
    PERSEA_TRY(pace_, Pace::from_json(value, file_.string()));
  } else if (const int64_t total = budgeted_steps(recipe_); total > 0) {
    pace_ = pace_of(recipe_.pretrain, total, true);
  }
  return {};
}

Status KeptPace::settle(int64_t step, double now, double start, double reserve) {
  const bool decided = pace_now(recipe_.pretrain, step, now, start, reserve, pace_);
  if (!decided || ranks_.rank() > 0) return {};
  return write_file(file_, canonical_json(pace_.json()) + '\n');
}

}  // namespace persea
