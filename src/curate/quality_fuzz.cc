// A model's file of any bytes: it is refused, or it gives every text a figure and reasons whose places lie in the text.
// The first byte says how much of the input is the file's beginning; the rest of the file is 0, the rest of the input
// the text. Also any bytes as a text to a model that is sound.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "curate/language.h"
#include "curate/quality_model.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void judge(const persea::curate::QualityModel& model, std::string_view text) {
  const persea::curate::QualityExplanation why = model.explain(text, 3);
  check(std::isfinite(why.log_odds) && why.probability >= 0 && why.probability <= 1);
  check(why.worst.begin <= why.worst.end && why.worst.end <= text.size());
  for (const auto* rows : {&why.good, &why.bad})
    for (const persea::curate::QualityEvidence& row : *rows)
      check(text.substr(row.first.begin, row.first.end - row.first.begin) == row.row);
}

void languages(std::string_view text) {
  static const std::vector<std::string> kept = {"en"};
  const persea::curate::LanguageOptions options{256, true};
  double sum = 0;
  for (const persea::curate::Language& one : persea::curate::languages_of(text, options).top) sum += one.score;
  check(sum >= 0 && sum < 1.02);  // shares are rounded
  const persea::curate::Place place = persea::curate::foreign_stretch(text, kept, options);
  check(place.begin <= place.end && place.end <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const persea::curate::QualityModel sound = [] {
    persea::curate::QualityShape shape;
    shape.bits = 10, shape.words = 3, shape.sample_bytes = 256;
    std::vector<int16_t> weights(1024);
    for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<int16_t>(i * 7919);
    return persea::curate::QualityModel(shape, 1e-4, -0.5, std::move(weights));
  }();
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  judge(sound, all);
  languages(all);
  if (size == 0) return 0;
  const size_t cut = std::min<size_t>(size - 1, data[0]);
  std::string file(all.substr(1, cut));
  if (file.size() >= 12 && static_cast<unsigned char>(file[8]) <= 12) {  // as long as it has to be
    const size_t wanted = 48 + (size_t{2} << static_cast<unsigned char>(file[8]));
    if (file.size() < wanted) file.resize(wanted);
  }
  const auto model = persea::curate::QualityModel::parse(file, "fuzz");
  if (model) judge(*model, all.substr(1 + cut));
  return 0;
}
