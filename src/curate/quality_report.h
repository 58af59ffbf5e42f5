// How good a quality model is on texts that it has not seen, both classes counted as if they had as many. Figures only:
// what they are figures of is known elsewhere.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/json.h"

namespace persea::curate {

// What a model says of a text whose class is known.
struct QualityTrial {
  double log_odds = 0;
  bool good = false;
};

// A figure with its 95% interval.
struct QualityFigure {
  double value = 0, low = 0, high = 0;
};

// Of the texts that were given a probability in [low, high): what that was on average and what came true, with both
// classes weighted alike.
struct ReliabilityBin {
  double low = 0, high = 0;
  int64_t texts = 0;
  double said = 0, came_true = 0;
};

struct QualityReport {
  int64_t good = 0, bad = 0;         // texts
  QualityFigure accuracy;            // mean of both classes' shares at 0.5; normal approximation
  QualityFigure auc;                 // DeLong et al. 1988
  QualityFigure log_loss;            // nats; a constant 0.5 has ln 2
  double calibration_error = 0;      // mean distance of what was said from what came true, over the bins
  std::vector<ReliabilityBin> bins;  // ten of them, those without texts left out
};

// Both classes have to be there.
QualityReport report_quality(std::span<const QualityTrial> trials);
Json report_json(const QualityReport& report);

// Platt's scaling (1999) with smoothed targets, by Newton's method (Lin, Lin & Weng 2007): probabilities are
// logistic(slope * log_odds + offset). Both classes weigh alike.
struct Calibration {
  double slope = 1, offset = 0;
};
Calibration calibrate(std::span<const QualityTrial> trials);

// Mean of -log(probability of what it is), both classes weighted alike.
double mean_log_loss(std::span<const QualityTrial> trials);

}  // namespace persea::curate
