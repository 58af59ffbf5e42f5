// Drops what a trained model finds too unlike the good texts that it was shown.
#include "curate/quality_model.h"
#include "curate/settings.h"

namespace persea::curate {
namespace {

constexpr std::string_view kName = "quality";

struct QualitySettings {
  static constexpr bool kZeroIsOff = true;
  double least = 0.5;

  template <class Visit>
  void fields(const Visit& visit) {
    visit("least", least);
  }
};

class QualityPack : public RulePack {
 public:
  QualityPack(std::shared_ptr<const QualityModel> model, QualitySettings settings)
      : model_(std::move(model)), digest_(model_->digest()), s_(settings) {}
  std::string_view name() const override { return kName; }
  int version() const override { return 1; }
  // The model's digest too, since it decides as much.
  Json settings() const override {
    Json all = settings_json(s_);
    all["model"] = digest_;
    return all;
  }

  void decide(Judging& judging, Decision& decision) const override {
    const std::string_view text = judging.parts.text();
    const double probability = model_->probability(text);
    decision.figure = probability;  // also of what is kept: texts are put in order by it
    decision.limit = s_.least;
    if (probability >= s_.least) return;
    const Place worst = model_->worst_stretch(text);
    drop(decision, "quality", probability, s_.least, worst.end > worst.begin ? worst : judging.parts.whole());
  }

 private:
  std::shared_ptr<const QualityModel> model_;
  std::string digest_;
  QualitySettings s_;
};

}  // namespace

Result<std::unique_ptr<RulePack>> make_quality(std::shared_ptr<const QualityModel> model, const Json& settings) {
  PERSEA_TRY(const QualitySettings said, read_settings<QualitySettings>(settings, kName));
  if (said.least < 0 || said.least > 1)
    return fail("{}: `least` is {}: it is a probability, from 0 to 1", kName, said.least);
  return std::unique_ptr<RulePack>(std::make_unique<QualityPack>(std::move(model), said));
}

}  // namespace persea::curate
