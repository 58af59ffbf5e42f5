#include "train/guard.h"

#include <algorithm>
#include <cmath>

namespace persea {
namespace {

constexpr int64_t kLearning = 50;          // losses before any may be called a spike: at first they fall too fast
constexpr int64_t kClose = 20;             // accepted steps after which earlier skips are forgotten
constexpr double kMemory = 0.02;           // weight of the newest loss in the running mean
constexpr double kLeastDeviation = 0.005;  // of the mean: a very smooth loss is no reason to call a ripple a spike

}  // namespace

bool SpikeGuard::spike(double loss) const {
  if (settings_.deviations <= 0 || seen_ < kLearning) return false;
  return loss > mean_ + settings_.deviations * std::max(std::sqrt(variance_), kLeastDeviation * std::abs(mean_));
}

void SpikeGuard::learn(double loss) {
  const double weight = std::max(kMemory, 1.0 / static_cast<double>(++seen_));
  const double difference = loss - mean_;
  mean_ += weight * difference;
  variance_ = (1 - weight) * (variance_ + weight * difference * difference);  // West 1979
}

SpikeGuard::Verdict SpikeGuard::judge(double loss, bool finite) {
  const bool broken = !finite || !std::isfinite(loss);
  const bool exhausted = rolled_back_ >= settings_.rollbacks;
  if (!broken && (exhausted || !spike(loss))) {
    learn(loss);
    if (++calm_ >= kClose) skips_ = 0;
    return Verdict::accept;
  }
  calm_ = 0;
  if (++skips_ < settings_.patience) return Verdict::skip;
  skips_ = 0;
  if (exhausted) return Verdict::give_up;
  ++rolled_back_;
  return Verdict::roll_back;
}

Json SpikeGuard::state() const {
  return {{"mean", mean_},   {"variance", variance_}, {"seen", seen_},
          {"skips", skips_}, {"calm", calm_},         {"rollbacks", rolled_back_}};
}

Status SpikeGuard::set_state(const Json& state) {
  try {
    state.at("mean").get_to(mean_);
    state.at("variance").get_to(variance_);
    state.at("seen").get_to(seen_);
    state.at("skips").get_to(skips_);
    state.at("calm").get_to(calm_);
    state.at("rollbacks").get_to(rolled_back_);
  } catch (const Json::exception& error) {
    return fail("the guard's state: {}", error.what());
  }
  return {};
}

Status SpikeGuard::restore(const Json& state) {
  const int64_t rolled_back = rolled_back_;
  PERSEA_CHECK(set_state(state));
  rolled_back_ = rolled_back;
  skips_ = calm_ = 0;
  return {};
}

}  // namespace persea
