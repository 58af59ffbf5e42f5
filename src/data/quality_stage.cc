#include "data/quality_stage.h"

#include <algorithm>
#include <set>

#include "base/hash.h"
#include "base/log.h"
#include "base/progress.h"
#include "data/corpus_stage.h"
#include "read/decode_batches.h"

namespace persea {
namespace {

using curate::QualityExample;

constexpr int kVersion = 1;  // raised whenever the same texts and settings would give another model
constexpr const char* kModelFile = "quality.model";

// The `most` texts of a class with the lowest hashes: the same ones in whatever order they come.
class ClassTexts {
 public:
  ClassTexts(bool good, const QualitySettings& settings) : good_(good), settings_(settings) {}

  void add(std::string_view text) {
    ++seen_;
    const uint64_t hash = hash64(text, settings_.training.seed);
    if (full() && hash >= std::prev(kept_.end())->first) return;
    kept_.insert({hash, QualityExample::of(text, good_, settings_.training.shape)});
    while (static_cast<int64_t>(kept_.size()) > settings_.most_texts) kept_.erase(std::prev(kept_.end()));
  }
  int64_t seen() const { return seen_; }
  void take(std::vector<QualityExample>& out) {
    while (!kept_.empty()) out.push_back(std::move(kept_.extract(kept_.begin()).value().example));
  }

 private:
  struct Kept {
    uint64_t first;
    QualityExample example;
    bool operator<(const Kept& other) const {
      return first != other.first ? first < other.first : example.text < other.example.text;
    }
  };
  bool full() const { return static_cast<int64_t>(kept_.size()) >= settings_.most_texts; }

  bool good_;
  const QualitySettings& settings_;
  std::multiset<Kept> kept_;
  int64_t seen_ = 0;
};

// The class that a line of labels names.
Result<bool> label_of(const read::Item& item, const fs::path& path) {
  const std::string where = path.string() + (item.place.empty() ? "" : ": " + item.place);
  if (item.form != read::Form::json) return fail("{}: labels are JSON lines with a text and a label", where);
  PERSEA_TRY(const Json line, parse_json(item.bytes, where));
  const auto label = line.is_object() ? line.find("label") : line.end();
  if (label == line.end()) return fail("{}: there is no `label`", where);
  if (*label == true || *label == 1 || *label == "good") return true;
  if (*label == false || *label == 0 || *label == "bad") return false;
  return fail("{}: the label {} is neither \"good\" nor \"bad\" (nor 1 or 0, true or false)", where, label->dump());
}

class Texts {
 public:
  Texts(const QualitySettings& settings, StageContext& context, bool quiet)
      : classes_{ClassTexts(false, settings), ClassTexts(true, settings)}, context_(context), quiet_(quiet) {}

  Status read_class(const fs::path& path, bool good) {
    return read_path(path, [good](const read::Item&) -> Result<bool> { return good; });
  }
  Status read_labels(const fs::path& path) {
    return read_path(path, [&path](const read::Item& item) { return label_of(item, path); });
  }
  std::vector<QualityExample> take() {
    std::vector<QualityExample> all;
    for (ClassTexts& texts : classes_) texts.take(all);
    return all;
  }
  int64_t seen(bool good) const { return classes_[good ? 1 : 0].seen(); }
  int64_t skipped() const { return skipped_; }

 private:
  using ClassOf = std::function<Result<bool>(const read::Item&)>;

  Status read_path(const fs::path& path, const ClassOf& class_of) {
    PERSEA_TRY(const std::vector<FoundFile> files, list_files(path));
    double total = 0, done = 0;
    for (const FoundFile& file : files) total += static_cast<double>(file.bytes);
    Progress progress(fmt::format("reading {}", path.filename().string()), total, quiet_);
    for (const FoundFile& file : files) {
      PERSEA_CHECK(read_file(fs::is_directory(path) ? path / file.name : path, file.name, class_of));
      done += static_cast<double>(file.bytes);
      context_.add_bytes(file.bytes);
      progress.update(done, fmt::format("{} good, {} bad", seen(true), seen(false)));
    }
    return {};
  }

  Status read_file(const fs::path& path, std::string_view name, const ClassOf& class_of) {
    PERSEA_TRY(read::ItemReader reader, read::ItemReader::open(path, name, limits_));
    PERSEA_CHECK(read::decode_batches(reader, limits_, [&](const read::Item& item, read::Decoded& decoded) -> Status {
      skipped_ += static_cast<int64_t>(decoded.skipped.size());
      if (decoded.documents.empty()) return {};
      PERSEA_TRY(const bool good, class_of(item));
      for (const read::Document& document : decoded.documents) classes_[good ? 1 : 0].add(document.text);
      return {};
    }));
    skipped_ += static_cast<int64_t>(reader.take_skipped().size());
    if (!reader.problem().empty())
      log_warning("{} {}: what was read before that counts", path.string(), reader.problem());
    return {};
  }

  ClassTexts classes_[2];
  read::ReadLimits limits_;
  StageContext& context_;
  bool quiet_;
  int64_t skipped_ = 0;
};

Result<std::string> digest_of(const fs::path& path) {
  PERSEA_TRY(const std::vector<FoundFile> files, find_files(path));
  Sha256 digest;
  for (const FoundFile& file : files) {
    if (!file.unreadable.empty()) return fail("{}: {} {}", path.string(), file.name, file.unreadable);
    digest.update(canonical_json({file.name, file.digest}));
  }
  return digest.hex();
}

Result<StageSpec> spec_of(const QualitySettings& settings) {
  if (settings.labels.empty() && (settings.good.empty() || settings.bad.empty()))
    return fail("quality: say what is good and what is bad: --good and --bad, or --labels");
  if (settings.most_texts < 1) return fail("quality: `most_texts` is {}: at least 1 is needed", settings.most_texts);
  StageSpec spec;
  spec.kind = "quality";
  spec.version = kVersion;
  const curate::QualityTraining& training = settings.training;
  const curate::QualityShape& shape = training.shape;
  spec.settings = {{"bits", shape.bits},
                   {"words", shape.words},
                   {"bytes", shape.bytes},
                   {"folds", training.folds},
                   {"test", training.test},
                   {"epochs", training.epochs},
                   {"rate", training.rate},
                   {"seed", training.seed},
                   {"sample_bytes", shape.sample_bytes},
                   {"most_texts", settings.most_texts}};
  if (!settings.name.empty()) spec.settings["name"] = settings.name;
  for (const auto& [role, path] :
       {std::pair("good", settings.good), {"bad", settings.bad}, {"labels", settings.labels}}) {
    if (path.empty()) continue;
    PERSEA_TRY(spec.settings[role], digest_of(path));
  }
  return spec;
}

Status train(const QualitySettings& settings, StageContext& context, bool quiet) {
  Texts texts(settings, context, quiet);
  if (!settings.good.empty()) PERSEA_CHECK(texts.read_class(settings.good, true));
  if (!settings.bad.empty()) PERSEA_CHECK(texts.read_class(settings.bad, false));
  if (!settings.labels.empty()) PERSEA_CHECK(texts.read_labels(settings.labels));
  const int most = settings.training.epochs * (settings.training.folds + 1);
  Progress progress("training", most, quiet);
  PERSEA_TRY(const curate::TrainedQuality trained,
             curate::train_quality(texts.take(), settings.training, [&](int epochs) { progress.update(epochs); }));
  progress.finish();
  PERSEA_CHECK(write_file(context.out() / kModelFile, trained.model.bytes()));
  Json report = curate::report_json(trained.report);
  report["fold_losses"] = trained.fold_losses;
  PERSEA_CHECK(write_file(context.out() / "report.json", report.dump(2) + '\n'));
  context.fact("accuracy", trained.report.accuracy.value);
  context.fact("auc", trained.report.auc.value);
  context.fact("log_loss", trained.report.log_loss.value);
  context.fact("texts", trained.texts);
  context.fact("tested", trained.report.good + trained.report.bad);
  context.fact("good_seen", texts.seen(true));
  context.fact("bad_seen", texts.seen(false));
  context.fact("copies", trained.copies);
  context.fact("disputed", trained.disputed);
  context.fact("skipped", texts.skipped());
  context.fact("epochs", trained.epochs);
  if (trained.disputed > 0) log_info("{} texts are good and bad: they were left out", trained.disputed);
  return {};
}

}  // namespace

Result<StageResult> run_quality_stage(Lab& lab, const QualitySettings& settings, bool quiet) {
  PERSEA_TRY(const StageSpec spec, spec_of(settings));
  return lab.run(spec, [&](StageContext& context) { return train(settings, context, quiet); });
}

Result<std::shared_ptr<const curate::QualityModel>> load_quality(const fs::path& place) {
  std::error_code error;
  const fs::path file = fs::is_directory(place, error) ? place / kModelFile : place;
  PERSEA_TRY(const std::string bytes, read_file(file));
  PERSEA_TRY(curate::QualityModel model, curate::QualityModel::parse(bytes, file.string()));
  return std::make_shared<const curate::QualityModel>(std::move(model));
}

}  // namespace persea
