// The stage that trains a quality model on good and bad texts, and the way back from its artifact to the model.
#pragma once

#include <memory>
#include <string>

#include "base/file.h"
#include "curate/quality_train.h"
#include "ledger/lab.h"

namespace persea {

struct QualitySettings {
  fs::path good, bad;          // files or folders of any format that src/read knows; "" for none
  fs::path labels;             // JSON lines {"text": ..., "label": "good" or "bad", 1 or 0, true or false}; "" for none
  std::string name;            // what the artifact is to be known by; "" for none
  int64_t most_texts = 50000;  // of a class: where there are more, those with the lowest hashes
  curate::QualityTraining training = {};
};

// Makes the artifact of kind "quality" (quality.model, report.json), or returns the one that is there. Texts are known
// by their files' names and contents, so that a folder may move. Memory: most_texts * 2 * training.shape.sample_bytes
// at most.
Result<StageResult> run_quality_stage(Lab& lab, const QualitySettings& settings, bool quiet = false);

// The model of an artifact of kind "quality", of its folder, or of its file.
Result<std::shared_ptr<const curate::QualityModel>> load_quality(const fs::path& place);

}  // namespace persea
