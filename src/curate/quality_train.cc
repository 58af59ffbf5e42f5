#include "curate/quality_train.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <span>

#include "base/hash.h"
#include "base/random.h"
#include "base/threads.h"
#include "curate/exact_math.h"

namespace persea::curate {
namespace {

constexpr size_t kLeastTexts = 20;      // of a class
constexpr int kPatience = 1;            // epochs without a gain on the held-out fold
constexpr float kFirstSquares = 1e-3F;  // where AdaGrad's sums begin: first steps would be too long without

// The weights while they are learnt.
class Learner {
 public:
  explicit Learner(const QualityTraining& training)
      : shape_(training.shape),
        rate_(static_cast<float>(training.rate)),
        weights_(size_t{1} << shape_.bits),
        squares_(weights_.size(), kFirstSquares) {}

  double log_odds(const QualityExample& example) {
    read(example);
    return sum();
  }

  // One step: `weight` is what the text counts.
  void learn(const QualityExample& example, double weight) {
    read(example);
    const double gap = (exact_logistic(sum()) - (example.good ? 1 : 0)) * weight;
    for (int kind = 0; kind < 2; ++kind) {
      if (rows_[kind].empty()) continue;
      const auto value = static_cast<float>(gap / std::sqrt(static_cast<double>(rows_[kind].size())));
      const float square = value * value;
      for (const uint32_t row : rows_[kind]) {
        const uint32_t index = row >> 1;
        squares_[index] += square;
        const float step = rate_ * value / std::sqrt(squares_[index]);
        weights_[index] -= (row & 1) != 0 ? -step : step;
      }
    }
    const auto value = static_cast<float>(gap);
    bias_squares_ += value * value;
    bias_ -= rate_ * value / std::sqrt(bias_squares_);
  }

  const std::vector<float>& weights() const { return weights_; }
  double bias() const { return bias_; }

 private:
  // The text's rows, twice their index and 1 where they count negative.
  void read(const QualityExample& example) {
    for (auto& rows : rows_) rows.clear();
    const int bits = shape_.bits;
    const auto add = [&](int kind, const QualityFeature& feature) {
      rows_[kind].push_back(feature.index(bits) << 1 | (feature.negative(bits) ? 1 : 0));
    };
    const auto walk = [&](const Place& place) {
      walk_features(
          example.text, place, shape_, [&](const QualityFeature& feature) { add(0, feature); },
          [&](const QualityFeature& feature) { add(1, feature); });
    };
    if (example.parts.empty()) {
      const Sample sample = sample_of(example.text, static_cast<size_t>(shape_.sample_bytes));
      std::for_each(sample.begin(), sample.end(), walk);
    } else {
      std::for_each(example.parts.begin(), example.parts.end(), walk);
    }
  }
  double sum() const {
    double all = bias_;
    for (const auto& rows : rows_) {
      if (rows.empty()) continue;
      double part = 0;
      for (const uint32_t row : rows) part += (row & 1) != 0 ? -weights_[row >> 1] : weights_[row >> 1];
      all += part / std::sqrt(static_cast<double>(rows.size()));
    }
    return all;
  }

  QualityShape shape_;
  float rate_, bias_ = 0, bias_squares_ = kFirstSquares;
  std::vector<float> weights_, squares_;
  std::vector<uint32_t> rows_[2];
};

using Examples = std::vector<const QualityExample*>;

// Both classes weigh alike, 1 on average.
std::array<double, 2> class_weights(const Examples& examples) {
  double counts[2] = {0, 0};
  for (const QualityExample* example : examples) ++counts[example->good ? 1 : 0];
  const auto all = static_cast<double>(examples.size());
  return {all / (2 * counts[0]), all / (2 * counts[1])};
}

// An epoch in an order of its own.
void learn_epoch(Learner& learner, Examples& examples, uint64_t seed, int epoch) {
  const std::array<double, 2> weights = class_weights(examples);
  Random(seed, fmt::format("quality epoch {}", epoch)).shuffle(examples);
  for (const QualityExample* example : examples) learner.learn(*example, weights[example->good ? 1 : 0]);
}

std::vector<QualityTrial> try_all(Learner& learner, const Examples& examples) {
  std::vector<QualityTrial> trials;
  for (const QualityExample* example : examples) trials.push_back({learner.log_odds(*example), example->good});
  return trials;
}

struct Fold {
  Examples others, own;
  int epochs = 0;
  std::vector<QualityTrial> trials;  // of its own texts after these
  double loss = HUGE_VAL;
};

void train_fold(Fold& fold, const QualityTraining& training, const std::function<void()>& epoch_done) {
  Learner learner(training);
  for (int epoch = 1; epoch <= training.epochs && epoch - fold.epochs <= 1 + kPatience; ++epoch) {
    learn_epoch(learner, fold.others, training.seed, epoch);
    std::vector<QualityTrial> trials = try_all(learner, fold.own);
    const double loss = mean_log_loss(trials);
    epoch_done();
    if (loss >= fold.loss) continue;
    fold.loss = loss;
    fold.epochs = epoch;
    fold.trials = std::move(trials);
  }
}

// Whole numbers for the weights; calibration goes into scale and bias.
QualityModel model_of(const Learner& learner, const QualityShape& shape, const Calibration& calibration) {
  float most = 0;
  for (const float weight : learner.weights()) most = std::max(most, std::abs(weight));
  const double unit = most > 0 ? most / 32767.0 : 1;
  std::vector<int16_t> weights;
  weights.reserve(learner.weights().size());
  for (const float weight : learner.weights()) weights.push_back(static_cast<int16_t>(std::floor(weight / unit + 0.5)));
  return QualityModel(shape, unit * calibration.slope, learner.bias() * calibration.slope + calibration.offset,
                      std::move(weights));
}

// Texts by a hash, so that the order they came in does not matter; copies go, and what is in both classes.
void put_in_order(std::vector<QualityExample>& examples, uint64_t seed, TrainedQuality& trained) {
  std::vector<std::pair<uint64_t, size_t>> order;
  for (size_t i = 0; i < examples.size(); ++i) order.emplace_back(hash64(examples[i].text, seed), i);
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    const int by_text = examples[a.second].text.compare(examples[b.second].text);
    return by_text != 0 ? by_text < 0 : examples[a.second].good < examples[b.second].good;
  });
  std::vector<QualityExample> kept;
  for (size_t i = 0; i < order.size();) {
    QualityExample& first = examples[order[i].second];
    size_t end = i, good = 0;
    for (; end < order.size() && examples[order[end].second].text == first.text; ++end)
      good += examples[order[end].second].good ? 1 : 0;
    const size_t bad = end - i - good;
    if (good > 0 && bad > 0) {
      trained.disputed += static_cast<int64_t>(good + bad);
    } else {
      trained.copies += static_cast<int64_t>(end - i - 1);
      kept.push_back(std::move(first));
    }
    i = end;
  }
  examples = std::move(kept);
  trained.texts = static_cast<int64_t>(examples.size());
}

Status check(const QualityTraining& training) {
  PERSEA_CHECK(check_shape(training.shape));
  if (training.folds < 2 || training.folds > 20)
    return fail("quality: `folds` is {}, not from 2 to 20", training.folds);
  if (!(training.test > 0 && training.test <= 0.5))
    return fail("quality: `test` is {}: a share above 0, at most 0.5", training.test);
  if (training.epochs < 1 || training.epochs > 1000)
    return fail("quality: `epochs` is {}, not from 1 to 1000", training.epochs);
  if (!(training.rate > 0 && training.rate <= 10))
    return fail("quality: `rate` is {}, not above 0 and at most 10", training.rate);
  return {};
}

}  // namespace

QualityExample QualityExample::of(std::string_view text, bool good, const QualityShape& shape) {
  const Sample sample = sample_of(text, static_cast<size_t>(shape.sample_bytes));
  if (sample.count <= 1) return {std::string(text), good, {}};
  QualityExample example{"", good, {}};
  for (const Place& place : sample) {
    const size_t begin = example.text.size();
    example.text += text.substr(place.begin, place.end - place.begin);
    example.parts.push_back({begin, example.text.size()});
  }
  return example;
}

Result<TrainedQuality> train_quality(std::vector<QualityExample> examples, const QualityTraining& training,
                                     const std::function<void(int)>& progress) {
  PERSEA_CHECK(check(training));
  TrainedQuality trained{QualityModel(training.shape, 0, 0, std::vector<int16_t>(size_t{1} << training.shape.bits)),
                         {},
                         {},
                         0,
                         0,
                         0,
                         0,
                         {}};
  put_in_order(examples, training.seed, trained);
  Examples test, rest;
  std::vector<Fold> folds(static_cast<size_t>(training.folds));
  for (const bool good : {false, true}) {
    Examples members;
    for (const QualityExample& example : examples)
      if (example.good == good) members.push_back(&example);
    if (members.size() < kLeastTexts)
      return fail("quality: {} different {} texts: at least {} are needed to train and test on", members.size(),
                  good ? "good" : "bad", kLeastTexts);
    const auto tested = std::max<size_t>(2, static_cast<size_t>(training.test * static_cast<double>(members.size())));
    for (size_t i = 0; i < members.size(); ++i) {
      if (i < tested) {
        test.push_back(members[i]);
        continue;
      }
      rest.push_back(members[i]);
      for (size_t fold = 0; fold < folds.size(); ++fold)
        (i % folds.size() == fold ? folds[fold].own : folds[fold].others).push_back(members[i]);
    }
  }
  std::mutex mutex;
  int done = 0;
  const auto epoch_done = [&] {
    const std::lock_guard lock(mutex);
    ++done;
    if (progress) progress(done);
  };
  pool().parallel_for(training.folds,
                      [&](int64_t i) { train_fold(folds[static_cast<size_t>(i)], training, epoch_done); });
  std::vector<QualityTrial> unseen;
  std::vector<int> epochs;
  for (const Fold& fold : folds) {
    unseen.insert(unseen.end(), fold.trials.begin(), fold.trials.end());
    epochs.push_back(fold.epochs);
    trained.fold_losses.push_back(fold.loss);
  }
  std::sort(epochs.begin(), epochs.end());
  trained.epochs = epochs[epochs.size() / 2];
  trained.calibration = calibrate(unseen);
  Learner learner(training);
  for (int epoch = 1; epoch <= trained.epochs; ++epoch) {
    learn_epoch(learner, rest, training.seed, epoch);
    epoch_done();
  }
  trained.model = model_of(learner, training.shape, trained.calibration);
  std::vector<QualityTrial> trials(test.size());
  pool().parallel_for(static_cast<int64_t>(test.size()), [&](int64_t i) {
    const auto at = static_cast<size_t>(i);
    const std::vector<Place>& parts = test[at]->parts;
    trials[at] = {
        parts.empty() ? trained.model.log_odds(test[at]->text) : trained.model.log_odds(test[at]->text, parts),
        test[at]->good};
  });
  trained.report = report_quality(trials);
  return trained;
}

}  // namespace persea::curate
