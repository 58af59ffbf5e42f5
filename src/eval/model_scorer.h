// How surprising texts are to a model of the lab: bits for a byte of their beginnings, many short texts in one pass.
// What is made of the figures is curation's business.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "curate/text_scorer.h"
#include "eval/text_model.h"
#include "infer/decoder.h"

namespace persea {

struct ModelScorerOptions {
  int64_t tokens = 512;  // of a text so many are judged, from its beginning; as many as the model's context at most
  WeightType weights = WeightType::f32;
  kernels::DeviceChoice device = {};
};

class ModelScorer : public curate::TextScorer {
 public:
  // The model of a directory or GGUF file (TextModel::load); `name` is for people.
  static Result<std::unique_ptr<ModelScorer>> open(const std::filesystem::path& place, std::string name,
                                                   const ModelScorerOptions& options);

  std::string name() const override { return name_; }
  Json settings() const override { return settings_; }
  int64_t texts_at_once() const override { return 256; }

  // A text begins with the model's beginning token; where it has none, the first token is given and not judged. The
  // figure is what the judged tokens' probabilities are in bits, over the bytes that these tokens stand for. Weights
  // are packed, so that a text's figure does not depend on its neighbours.
  Status score(std::span<const std::string_view> texts, std::span<double> figures) override;

 private:
  struct Sequence {
    std::vector<int32_t> tokens;  // the given one first
    size_t bytes = 0;             // of those that are judged
    double nats = 0;
    int64_t done = 0;  // tokens that were run
    std::optional<KvCache> cache;
    int64_t fed() const { return static_cast<int64_t>(tokens.size()) - 1; }  // what follows the last is not known
  };

  ModelScorer(std::string name, TextModel model, DecoderWeights weights, int64_t tokens, Json settings);
  Sequence sequence_of(std::string_view text) const;
  Status run(std::vector<Sequence>& sequences);

  std::string name_;
  TextModel model_;  // its tokenizer and roles; the weights are the decoder's
  int64_t tokens_;
  Json settings_;
  Decoder decoder_;
  std::shared_ptr<KvPool> pages_;
};

}  // namespace persea
