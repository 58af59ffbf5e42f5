#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "base/threads.h"
#include "curate/exact_math.h"
#include "curate/quality_train.h"

namespace persea::curate {
namespace {

// Sentences of two kinds that share most of their words.
std::string sentence(Random& random, bool good, double purity) {
  static const std::vector<std::string> kShared = {"the", "of", "and", "a", "to", "in", "is", "that", "water", "house"};
  static const std::vector<std::string> kGood = {"because", "therefore", "measured", "evidence", "Newton"};
  static const std::vector<std::string> kBad = {"click", "subscribe", "cookies", "SALE", "buy", "!!!"};
  std::string text;
  const auto words = 10 + random.below(30);
  for (uint64_t i = 0; i < words; ++i)
    text += (random.chance(0.8) ? random.pick(kShared) : random.pick(good == random.chance(purity) ? kGood : kBad)) +
            (random.chance(0.1) ? ". " : " ");
  return text;
}

std::vector<QualityExample> examples(int count, double purity = 1) {
  Random random(7);
  std::vector<QualityExample> all;
  for (int i = 0; i < count; ++i) {
    const bool good = random.chance(0.5);
    all.push_back({sentence(random, good, purity), good});
  }
  return all;
}

QualityTraining small() {
  QualityTraining training;
  training.shape.bits = 14;
  return training;
}

TrainedQuality trained(std::vector<QualityExample> all, const QualityTraining& training = small()) {
  auto made = train_quality(std::move(all), training);
  EXPECT_TRUE(made.ok()) << made.error().message;
  return std::move(*made);
}

TEST(ExactMath, IsThatOfTheLibrary) {
  Random random(1);
  for (int i = 0; i < 20000; ++i) {
    const double x = (random.uniform() - 0.5) * 100;
    EXPECT_NEAR(exact_exp(x) / std::exp(x), 1, 1e-14) << x;
    const double y = std::exp(x);
    EXPECT_NEAR(exact_log(y), x, 1e-14 * std::max(1.0, std::abs(x))) << y;
  }
  EXPECT_EQ(exact_exp(0), 1);
  EXPECT_EQ(exact_log(1), 0);
  EXPECT_EQ(exact_exp(-1e300), 0);
  EXPECT_TRUE(std::isfinite(exact_exp(1e300)));
  EXPECT_EQ(exact_logistic(0), 0.5);
}

TEST(QualityFeatures, WordsAndBytesAsTheyStand) {
  const std::string text = "Ab 12!\nx  y";
  std::vector<std::string> words, bytes;
  std::vector<uint64_t> hashes;
  QualityShape shape;
  shape.bytes = 3;
  walk_features(
      text, {0, text.size()}, shape,
      [&](const QualityFeature& f) {
        words.push_back(text.substr(f.begin, f.end - f.begin));
        hashes.push_back(f.hash);
      },
      [&](const QualityFeature& f) { bytes.push_back(text.substr(f.begin, f.end - f.begin)); });
  EXPECT_EQ(words, (std::vector<std::string>{"Ab", "12", "Ab 12", "!", "12!", "\n", "!\n", "x", "\nx", "y", "x  y"}));
  EXPECT_EQ(bytes, (std::vector<std::string>{"Ab ", "b 1", " 12", "12!", "2!\n", "!\nx", "\nx ", "  y"}))
      << "of two spaces one counts";
  std::vector<uint64_t> again;
  const std::string alike = "aB\t99!\nX y";
  walk_features(
      alike, {0, alike.size()}, shape, [&](const QualityFeature& f) { again.push_back(f.hash); },
      [](const QualityFeature&) {});
  EXPECT_EQ(again, hashes) << "case, digits and how many spaces there are do not matter";
}

TEST(QualityTrain, LearnsWhatPartsThem) {
  const TrainedQuality made = trained(examples(1200));
  EXPECT_GT(made.report.accuracy.value, 0.95);
  EXPECT_GT(made.report.auc.value, 0.99);
  EXPECT_LT(made.report.log_loss.value, 0.15);
  EXPECT_EQ(made.report.good + made.report.bad, 119);
  EXPECT_GT(made.model.probability("The evidence was measured, therefore water is in the house."), 0.9);
  EXPECT_LT(made.model.probability("SALE! Click to subscribe and buy cookies !!!"), 0.1);
}

// Where words only hint at what a text is, what is said of texts comes true as often.
TEST(QualityTrain, ProbabilitiesAreCalibrated) {
  QualityTraining half = small();
  half.test = 0.5;
  const TrainedQuality made = trained(examples(6000, 0.6), half);
  EXPECT_LT(made.report.calibration_error, 0.05);
  EXPECT_GT(made.report.bins.size(), 6u);
  EXPECT_LT(made.report.accuracy.high - made.report.accuracy.low, 0.05);
  EXPECT_GT(made.report.accuracy.value, 0.6);
  EXPECT_LT(made.report.accuracy.value, 0.8);
  for (const ReliabilityBin& bin : made.report.bins) {
    EXPECT_GE(bin.said, bin.low - 1e-12);
    EXPECT_LE(bin.said, bin.high + 1e-12);
  }
}

TEST(QualityTrain, SameBitsInAnyOrderOnAnyThreads) {
  std::vector<QualityExample> all = examples(300);
  const std::string wanted = trained(all).model.bytes();
  Random(3).shuffle(all);
  const int threads = pool().threads();
  set_threads(3);
  EXPECT_EQ(trained(all).model.bytes(), wanted);
  set_threads(threads);
  QualityTraining other = small();
  other.seed = 2;
  EXPECT_NE(trained(all, other).model.bytes(), wanted);
}

// Raised where the same texts give another model than before: artifacts would be another's.
TEST(QualityTrain, BitsAreThoseOfThisVersion) {
  EXPECT_EQ(trained(examples(300)).model.digest(), "856ece4c04a18ff4f8dba473fd31e223199bb0c330b5433452d348acd32fbb00");
}

TEST(QualityTrain, CopiesCountOnceAndDisputedTextsNotAtAll) {
  std::vector<QualityExample> all = examples(200);
  all.push_back(all[0]);
  all.push_back(all[0]);
  all.push_back({all[1].text, !all[1].good});
  const TrainedQuality made = trained(all);
  EXPECT_EQ(made.texts, 199);
  EXPECT_EQ(made.copies, 2);
  EXPECT_EQ(made.disputed, 2);
}

TEST(QualityTrain, OfLongTextsPartsAreEnough) {
  QualityTraining training = small();
  training.shape.sample_bytes = 256;
  Random random(9);
  std::vector<QualityExample> whole, parts;
  for (int i = 0; i < 200; ++i) {
    std::string text;
    for (int k = 0; k < i % 9; ++k) text += sentence(random, i % 2 == 0, 0.9);
    text += sentence(random, i % 2 == 0, 0.9);
    whole.push_back({text, i % 2 == 0});
    parts.push_back(QualityExample::of(text, i % 2 == 0, training.shape));
    EXPECT_LE(parts.back().text.size(), 256u);
  }
  const TrainedQuality one = trained(whole, training), other = trained(parts, training);
  EXPECT_NEAR(one.report.auc.value, other.report.auc.value, 0.15) << "which texts are the test is another matter";
  for (size_t i = 0; i < whole.size(); ++i) {
    if (parts[i].parts.empty()) continue;
    EXPECT_EQ(one.model.log_odds(whole[i].text), one.model.log_odds(parts[i].text, parts[i].parts));
  }
}

TEST(QualityTrain, TooFewTextsAreRefused) {
  std::vector<QualityExample> all = examples(100);
  std::erase_if(all, [](const QualityExample& example) { return example.good; });
  const auto made = train_quality(all, small());
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("0 different good texts"), std::string::npos) << made.error().message;
  QualityTraining wrong = small();
  wrong.shape.bits = 30;
  EXPECT_FALSE(train_quality(examples(100), wrong).ok());
}

TEST(QualityReport, FiguresOfAFewTrials) {
  const std::vector<QualityTrial> trials = {{-2, false}, {-1, false}, {1, false}, {1, true}, {2, true}};
  const QualityReport report = report_quality(trials);
  EXPECT_NEAR(report.accuracy.value, (2.0 / 3 + 1) / 2, 1e-12);
  EXPECT_NEAR(report.auc.value, 5.5 / 6, 1e-12) << "of six pairs five stand in order and one is a tie";
  const double bad = (std::log1p(std::exp(-2)) + std::log1p(std::exp(-1)) + std::log1p(std::exp(1))) / 3,
               good = (std::log1p(std::exp(-1)) + std::log1p(std::exp(-2))) / 2;
  EXPECT_NEAR(report.log_loss.value, (bad + good) / 2, 1e-12);
  double weight = 0;
  for (const ReliabilityBin& bin : report.bins) weight += static_cast<double>(bin.texts);
  EXPECT_EQ(weight, 5);
}

// DeLong's interval against many samples of the same two normal distributions.
TEST(QualityReport, IntervalsHoldAsOftenAsTheySay) {
  Random random(11);
  const double truth = 0.5 * std::erfc(-1.0 / 2);  // of two normals one apart: Phi(1 / sqrt 2)
  int held = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<QualityTrial> trials;
    for (int i = 0; i < 80; ++i) trials.push_back({random.normal() + (i % 2), i % 2 == 1});
    const QualityFigure auc = report_quality(trials).auc;
    held += auc.low <= truth && truth <= auc.high;
  }
  EXPECT_GT(held, 362);  // 380 are expected, with a deviation of 4.4
  EXPECT_LT(held, 397);
}

TEST(QualityReport, CalibrationFindsTheScale) {
  Random random(5);
  std::vector<QualityTrial> trials;
  for (int i = 0; i < 20000; ++i) {
    const double z = random.normal() * 2;
    trials.push_back({(z - 0.5) / 3, random.chance(1 / (1 + std::exp(-z)))});
  }
  const Calibration found = calibrate(trials);
  EXPECT_NEAR(found.slope, 3, 0.15);
  EXPECT_NEAR(found.offset, 0.5, 0.1);
}

TEST(QualityReport, CalibrationOfWhatIsPartedByFarStaysFinite) {
  const Calibration found = calibrate(std::vector<QualityTrial>{{-1, false}, {-2, false}, {1, true}, {3, true}});
  EXPECT_TRUE(std::isfinite(found.slope) && std::isfinite(found.offset));
  EXPECT_GT(found.slope, 0);
}

TEST(QualityModel, FilesComeBackAndWhatIsDamagedDoesNot) {
  const TrainedQuality made = trained(examples(300));
  const std::string bytes = made.model.bytes(), text = "the cookies of Newton";
  const auto read = QualityModel::parse(bytes, "a file");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->bytes(), bytes);
  EXPECT_EQ(read->log_odds(text), made.model.log_odds(text));
  for (const size_t size : {size_t{0}, size_t{7}, size_t{47}, bytes.size() - 1})
    EXPECT_FALSE(QualityModel::parse(bytes.substr(0, size), "a file").ok()) << size;
  EXPECT_FALSE(QualityModel::parse(bytes + "x", "a file").ok());
  for (const size_t at : {0, 7, 8, 11, 12, 16, 20, 39, 47}) {
    std::string damaged = bytes;
    damaged[at] = '\x7f';
    EXPECT_FALSE(QualityModel::parse(damaged, "a file").ok()) << at;
  }
}

TEST(QualityModel, SaysWhyAndWhere) {
  const TrainedQuality made = trained(examples(1200));
  const std::string fine = "the water is measured in evidence, therefore because of Newton the house is measured. ",
                    advert = "click to subscribe SALE SALE buy cookies !!! click buy",
                    text = fine + fine + advert + " " + fine;
  const QualityExplanation why = made.model.explain(text, 5);
  EXPECT_EQ(why.probability, made.model.probability(text));
  ASSERT_EQ(why.good.size(), 5u);
  ASSERT_EQ(why.bad.size(), 5u);
  for (const QualityEvidence& row : why.bad) {
    EXPECT_LT(row.log_odds, 0);
    EXPECT_EQ(text.substr(row.first.begin, row.first.end - row.first.begin), row.row);
    EXPECT_GE(row.first.end, 2 * fine.size()) << row.row;
  }
  EXPECT_NEAR(static_cast<double>(why.worst.begin), static_cast<double>(2 * fine.size()), 16);
  EXPECT_NEAR(static_cast<double>(why.worst.end), static_cast<double>(2 * fine.size() + advert.size()), 16);
  double sum = why.bias;  // all rows together are the figure
  const QualityExplanation all = made.model.explain(text, 100000);
  for (const auto* rows : {&all.good, &all.bad})
    for (const QualityEvidence& row : *rows) sum += row.log_odds;
  EXPECT_NEAR(sum, why.log_odds, 1e-9);
}

TEST(QualityModel, AnyTextHasAFigure) {
  const TrainedQuality made = trained(examples(300));
  for (const std::string& text :
       {std::string(), std::string(" "), std::string("\0\x80\xff", 3), std::string(100000, 'x')}) {
    EXPECT_TRUE(std::isfinite(made.model.log_odds(text)));
    EXPECT_LE(made.model.explain(text, 3).worst.end, text.size());
  }
}

TEST(QualityPack, DropsBelowItsLimit) {
  const auto model = std::make_shared<const QualityModel>(trained(examples(1200)).model);
  Judging judging;
  Decision decision;
  const std::string bad = "click to subscribe to the SALE !!!", good = "Newton measured the evidence";
  const auto pack = make_quality(model, {{"least", 0.4}});
  ASSERT_TRUE(pack.ok());
  judging.read(bad);
  (*pack)->judge(judging, decision);
  EXPECT_EQ(decision.verdict, Verdict::drop);
  EXPECT_EQ(decision.reason, "quality");
  EXPECT_EQ(decision.figure, model->probability(bad));
  EXPECT_EQ(decision.limit, 0.4);
  EXPECT_GT(decision.place.end, decision.place.begin);
  judging.read(good);
  (*pack)->judge(judging, decision);
  EXPECT_EQ(decision.verdict, Verdict::keep);
  EXPECT_EQ((*pack)->settings().at("model"), model->digest());
  EXPECT_FALSE(make_quality(model, {{"least", 1.5}}).ok());
  EXPECT_FALSE(make_quality(model, {{"most", 0.5}}).ok());
}

}  // namespace
}  // namespace persea::curate
