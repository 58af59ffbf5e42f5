// Training of a quality model from texts of two classes: AdaGrad (Duchi et al. 2011), one text at a time. The same
// texts in any order, the same settings: the same bits, on any machine and any number of threads.
//
// Of all texts one part is a test that nothing else sees. The rest is dealt into folds; for each fold a model is
// trained on the others until it gets no better on that fold, and what these say of texts that they have not seen
// calibrates the probabilities. The final model is trained on all folds for as many epochs as the folds' models had in
// the middle.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "curate/quality_model.h"
#include "curate/quality_report.h"

namespace persea::curate {

struct QualityExample {
  std::string text;
  bool good = false;
  std::vector<Place> parts = {};  // what is looked at; empty: what sample_of takes

  // Of a long text only what is looked at, so that many fit in memory.
  static QualityExample of(std::string_view text, bool good, const QualityShape& shape);
};

struct QualityTraining {
  QualityShape shape;
  int folds = 4;      // at least 2
  double test = 0.1;  // share of the texts
  int epochs = 12;    // at most
  double rate = 0.1;  // AdaGrad's
  uint64_t seed = 1;
};

struct TrainedQuality {
  QualityModel model;
  QualityReport report;  // on the test, of the model as it is written
  Calibration calibration;
  int epochs = 0;
  int64_t texts = 0;                // that there were, without those below
  int64_t copies = 0;               // texts that were there before in the same class
  int64_t disputed = 0;             // texts of both classes: left out of both
  std::vector<double> fold_losses;  // log-loss of each fold's model on its fold, before calibration
};

// `progress` hears how many epochs are done, from one thread at a time. Fails where a class has fewer than 20 texts or
// a setting is out of its range.
Result<TrainedQuality> train_quality(std::vector<QualityExample> examples, const QualityTraining& training,
                                     const std::function<void(int epochs)>& progress = {});

}  // namespace persea::curate
