// A trained judge of texts: how likely is a text to be one of the good ones that it was shown, rather than of the bad?
// A logistic model over hashed rows of words and of bytes (quality_features.h), calibrated, with whole numbers for
// weights, so that a text's figure has the same bits on any machine. It is not trained here (quality_train.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "curate/decision.h"
#include "curate/quality_features.h"
#include "curate/rule_pack.h"

namespace persea::curate {

// What a text has that speaks for or against it.
struct QualityEvidence {
  std::string row;  // of words or bytes, as it stands in the text
  double log_odds;  // what all its places together add
  int64_t times;
  Place first;
};

struct QualityExplanation {
  double probability = 0, log_odds = 0;
  double bias = 0;                         // log-odds of a text that has nothing
  std::vector<QualityEvidence> good, bad;  // what weighs most, the heaviest first
  Place worst;                             // as worst_stretch
};

// Safe on any threads.
class QualityModel {
 public:
  // Log-odds = scale * (sum of word weights / sqrt(their number) + the same of bytes) + bias. `weights` are 2^bits.
  QualityModel(const QualityShape& shape, double scale, double bias, std::vector<int16_t> weights);

  // A model's file (docs/formats/quality.md); `where` names it in complaints.
  static Result<QualityModel> parse(std::string_view bytes, std::string_view where);
  std::string bytes() const;
  std::string digest() const;  // SHA-256 of these

  const QualityShape& shape() const { return shape_; }
  double log_odds(std::string_view text) const;
  double log_odds(std::string_view text, std::span<const Place> parts) const;  // looks at these instead of a sample
  double probability(std::string_view text) const;  // of being good, were there as many bad ones; in [0, 1]

  // Why; of rows for and against `most` each.
  QualityExplanation explain(std::string_view text, size_t most) const;
  // The stretch that speaks most against the text; empty where none does.
  Place worst_stretch(std::string_view text) const;

 private:
  QualityShape shape_;
  double scale_, bias_;
  std::vector<int16_t> weights_;
};

// The model as a rule pack "quality" with the setting `least`, a probability: a text below it is dropped for "quality".
Result<std::unique_ptr<RulePack>> make_quality(std::shared_ptr<const QualityModel> model, const Json& settings);

// Fails where a setting of a model's shape is out of its range.
Status check_shape(const QualityShape& shape);

}  // namespace persea::curate
