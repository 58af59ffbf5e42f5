#include "curate/quality_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "curate/exact_math.h"

namespace persea::curate {
namespace {

constexpr double kTwoSided = 1.959963984540054;  // of the normal distribution, 95%
constexpr size_t kBins = 10;

// log(1 + e^z) without overflow.
double softplus(double z) { return z > 0 ? z + exact_log(1 + exact_exp(-z)) : exact_log(1 + exact_exp(z)); }

double loss_of(const QualityTrial& trial) { return softplus(trial.good ? -trial.log_odds : trial.log_odds); }

// Mean and variance of the mean, of one class.
struct Mean {
  double sum = 0, squares = 0, count = 0;
  void add(double value) { sum += value, squares += value * value, ++count; }
  double value() const { return sum / count; }
  double error2() const { return count < 2 ? 0 : std::max(0.0, squares / count - value() * value()) / (count - 1); }
};

QualityFigure figure_of(const Mean& good, const Mean& bad, double lowest, double highest) {
  const double value = (good.value() + bad.value()) / 2, error = std::sqrt(good.error2() + bad.error2()) / 2;
  return {value, std::max(lowest, value - kTwoSided * error), std::min(highest, value + kTwoSided * error)};
}

// The share of pairs of a good and a bad text that stand in order, and DeLong's variance of it: each text's share of
// the other class that it is in order with.
QualityFigure auc_of(std::vector<QualityTrial> trials) {
  std::sort(trials.begin(), trials.end(), [](const QualityTrial& a, const QualityTrial& b) {
    return a.log_odds != b.log_odds ? a.log_odds < b.log_odds : a.good < b.good;
  });
  double classes[2] = {0, 0}, below[2] = {0, 0};
  for (const QualityTrial& trial : trials) ++classes[trial.good ? 1 : 0];
  Mean good, bad;
  for (size_t i = 0; i < trials.size();) {
    size_t end = i;
    double equal[2] = {0, 0};
    for (; end < trials.size() && trials[end].log_odds == trials[i].log_odds; ++end) ++equal[trials[end].good ? 1 : 0];
    for (size_t k = i; k < end; ++k) {
      if (trials[k].good)
        good.add((below[0] + equal[0] / 2) / classes[0]);
      else
        bad.add(1 - (below[1] + equal[1] / 2) / classes[1]);
    }
    below[0] += equal[0], below[1] += equal[1];
    i = end;
  }
  const double value = good.value(), error = std::sqrt(good.error2() + bad.error2());
  return {value, std::max(0.0, value - kTwoSided * error), std::min(1.0, value + kTwoSided * error)};
}

std::array<int64_t, 2> count_classes(std::span<const QualityTrial> trials) {
  const int64_t good = std::count_if(trials.begin(), trials.end(), [](const QualityTrial& t) { return t.good; });
  const std::array<int64_t, 2> counts = {static_cast<int64_t>(trials.size()) - good, good};
  if (counts[0] == 0 || counts[1] == 0) throw std::logic_error("quality: trials of one class only");
  return counts;
}

}  // namespace

double mean_log_loss(std::span<const QualityTrial> trials) {
  count_classes(trials);
  Mean means[2];
  for (const QualityTrial& trial : trials) means[trial.good ? 1 : 0].add(loss_of(trial));
  return (means[0].value() + means[1].value()) / 2;
}

QualityReport report_quality(std::span<const QualityTrial> trials) {
  const std::array<int64_t, 2> classes = count_classes(trials);
  QualityReport report;
  report.bad = classes[0], report.good = classes[1];
  Mean right[2], losses[2];
  std::array<std::array<double, 3>, kBins> bins{};  // weight, said, came true
  std::array<int64_t, kBins> texts{};
  for (const QualityTrial& trial : trials) {
    const double probability = exact_logistic(trial.log_odds);
    right[trial.good ? 1 : 0].add((probability >= 0.5) == trial.good ? 1 : 0);
    losses[trial.good ? 1 : 0].add(loss_of(trial));
    const size_t bin = std::min(kBins - 1, static_cast<size_t>(probability * kBins));
    const double weight = 0.5 / static_cast<double>(classes[trial.good ? 1 : 0]);
    ++texts[bin];
    bins[bin][0] += weight;
    bins[bin][1] += weight * probability;
    bins[bin][2] += trial.good ? weight : 0;
  }
  report.accuracy = figure_of(right[1], right[0], 0, 1);
  report.log_loss = figure_of(losses[1], losses[0], 0, HUGE_VAL);
  report.auc = auc_of({trials.begin(), trials.end()});
  for (size_t i = 0; i < kBins; ++i) {
    if (texts[i] == 0) continue;
    const auto [weight, said, good] = bins[i];
    report.bins.push_back(
        {static_cast<double>(i) / kBins, static_cast<double>(i + 1) / kBins, texts[i], said / weight, good / weight});
    report.calibration_error += std::abs(said - good);
  }
  return report;
}

Json report_json(const QualityReport& report) {
  const auto json_of = [](const QualityFigure& figure) {
    return Json{{"value", figure.value}, {"low", figure.low}, {"high", figure.high}};
  };
  Json bins = Json::array();
  for (const ReliabilityBin& bin : report.bins)
    bins.push_back(
        {{"low", bin.low}, {"high", bin.high}, {"texts", bin.texts}, {"said", bin.said}, {"came_true", bin.came_true}});
  return {{"good", report.good},
          {"bad", report.bad},
          {"accuracy", json_of(report.accuracy)},
          {"auc", json_of(report.auc)},
          {"log_loss", json_of(report.log_loss)},
          {"calibration_error", report.calibration_error},
          {"reliability", bins}};
}

Calibration calibrate(std::span<const QualityTrial> trials) {
  const std::array<int64_t, 2> classes = count_classes(trials);
  double targets[2], weights[2];
  for (int k = 0; k < 2; ++k) {
    const auto count = static_cast<double>(classes[static_cast<size_t>(k)]);
    targets[k] = k == 1 ? (count + 1) / (count + 2) : 1 / (count + 2);
    weights[k] = 0.5 / count;
  }
  const auto loss = [&](const Calibration& at) {
    double sum = 0;
    for (const QualityTrial& trial : trials) {
      const int k = trial.good ? 1 : 0;
      const double z = at.slope * trial.log_odds + at.offset;
      sum += weights[k] * (softplus(z) - targets[k] * z);
    }
    return sum;
  };
  Calibration now;
  double value = loss(now);
  for (int step = 0; step < 100; ++step) {
    double g0 = 0, g1 = 0, h00 = 1e-12, h01 = 0, h11 = 1e-12;
    for (const QualityTrial& trial : trials) {
      const int k = trial.good ? 1 : 0;
      const double p = exact_logistic(now.slope * trial.log_odds + now.offset);
      const double gap = weights[k] * (p - targets[k]), curve = weights[k] * p * (1 - p), x = trial.log_odds;
      g0 += gap * x, g1 += gap;
      h00 += curve * x * x, h01 += curve * x, h11 += curve;
    }
    if (std::abs(g0) < 1e-9 && std::abs(g1) < 1e-9) break;
    const double det = h00 * h11 - h01 * h01;
    const double d0 = -(h11 * g0 - h01 * g1) / det, d1 = -(h00 * g1 - h01 * g0) / det, slope = g0 * d0 + g1 * d1;
    double size = 1;
    bool better = false;
    for (; size > 1e-10 && !better; size /= 2) {
      const Calibration next{now.slope + size * d0, now.offset + size * d1};
      const double there = loss(next);
      better = there < value + 1e-4 * size * slope;
      if (better) now = next, value = there;
    }
    if (!better) break;
  }
  return now;
}

}  // namespace persea::curate
