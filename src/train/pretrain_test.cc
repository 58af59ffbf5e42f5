#include "train/pretrain.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <map>
#include <thread>

#include "base/file.h"
#include "base/threads.h"
#include "tensor/cuda.h"
#include "train/metrics.h"
#include "train/pretrain_for_test.h"

namespace persea {
namespace {

class Pretrain : public testing::Test {
 protected:
  Pretrain() { set_threads(1); }  // a killed run is a fork of this process, which must have no other threads

  Result<PretrainOutcome> run(const Recipe& recipe, const PretrainData& with, const char* work) const {
    fs::create_directories(temp_.path() / work);
    const auto alone = Ranks::alone();
    return pretrain(recipe, recipe.model_config(kVocab), with, temp_.path() / work, {*alone, true});
  }

  TempDir temp_ = *TempDir::create(fs::temp_directory_path(), "persea-pretrain");
};

class PretrainSlow : public Pretrain {};

TEST_F(Pretrain, LearnsAndRecordsWhatItDid) {
  Recipe recipe = tiny(150);
  recipe.pretrain.dropout = 0;
  const auto outcome = run(recipe, counting_data(), "a");
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_EQ(outcome->steps, 150);
  EXPECT_EQ(outcome->tokens, 150 * 64);
  EXPECT_LT(outcome->validation.loss, 0.5);  // ln 24 = 3.18 at the start
  EXPECT_NEAR(outcome->validation.bits_per_byte, outcome->validation.loss / std::log(2) / 2, 1e-9);
  const auto lines = read_metrics(temp_.path() / "a" / "metrics.jsonl");
  ASSERT_TRUE(lines.ok());
  ASSERT_EQ(lines->size(), 151);
  EXPECT_NEAR(lines->front().at("valid_loss").get<double>(), std::log(kVocab), 0.1);
  EXPECT_EQ(lines->back().at("valid_loss").get<double>(), outcome->validation.loss);
  for (const char* key : {"loss", "lr", "grad_norm", "tokens_per_second", "mfu", "seconds"})
    EXPECT_TRUE((*lines)[50].contains(key)) << key;
  EXPECT_TRUE((*lines)[50].contains("valid_loss"));
  EXPECT_FALSE((*lines)[51].contains("valid_loss"));
}

TEST_F(Pretrain, MicroBatchesAddUp) {
  Recipe recipe = tiny(1);
  recipe.pretrain.dropout = 0;
  Model whole(recipe.model_config(kVocab), 1), parts(recipe.model_config(kVocab), 1);
  EXPECT_NEAR(accumulate_gradients(whole, counting(3), 4, {}), accumulate_gradients(parts, counting(3), 1, {}), 1e-5);
  for (size_t i = 0; i < whole.parameters().size(); ++i) {
    const Tensor &a = whole.parameters()[i]->gradient, &b = parts.parameters()[i]->gradient;
    for (int64_t j = 0; j < a.count(); ++j) ASSERT_NEAR(a.data()[j], b.data()[j], 1e-5) << whole.parameters()[i]->name;
  }
}

TEST_F(Pretrain, ProductsOfBf16LearnAsMuch) {
  Recipe recipe = tiny(150);
  recipe.pretrain.dropout = 0;
  const auto f32 = run(recipe, counting_data(), "f32");
  recipe.pretrain.precision = "bf16";
  const auto bf16 = run(recipe, counting_data(), "bf16");
  ASSERT_TRUE(f32.ok() && bf16.ok());
  EXPECT_NE(weights(*f32->model), weights(*bf16->model));
  EXPECT_NEAR(bf16->validation.loss, f32->validation.loss, 0.1 * f32->validation.loss);
}

// Where something is left to guess, so that losses can be held against each other.
TEST_F(Pretrain, ProductsOfFp8ReachTheSameLoss) {
  Recipe recipe = tiny(200);
  recipe.model.dim = 48;
  recipe.pretrain.dropout = 0;
  recipe.pretrain.batch_tokens = 512;
  recipe.pretrain.sequence = 32;
  recipe.pretrain.eval_every = 100;
  recipe.model.context = 32;
  const auto batch = [](int64_t number) { return guessing(number, 16, 32); };
  const PretrainData data{batch, {guessing(1000000, 64, 32)}, std::vector<int32_t>(kVocab, 2)};
  for (const char* optimizer : {"adamw", "muon"}) {
    recipe.pretrain.optimizer = optimizer;
    std::map<std::string, double> losses;
    for (const char* precision : {"f32", "bf16", "fp8"}) {
      recipe.pretrain.precision = precision;
      const auto outcome = run(recipe, data, fmt::format("{}-{}", optimizer, precision).c_str());
      ASSERT_TRUE(outcome.ok()) << outcome.error().message;
      losses[precision] = outcome->validation.loss;
      RecordProperty(fmt::format("{}_{}", optimizer, precision), fmt::format("{:.4f}", losses[precision]));
    }
    EXPECT_LT(losses["f32"], 1.6);  // ln 24 = 3.18 at the start
    EXPECT_NE(losses["fp8"], losses["f32"]);
    EXPECT_NEAR(losses["fp8"], losses["f32"], 0.01 * losses["f32"]) << optimizer;
    EXPECT_NEAR(losses["fp8"], losses["bf16"], 0.01 * losses["bf16"]) << optimizer;
  }
}

TEST_F(PretrainSlow, ARunThatWasKilledEndsWithTheSameBits) {
  const Recipe recipe = tiny(30);
  const auto whole = run(recipe, counting_data(), "whole");
  ASSERT_TRUE(whole.ok()) << whole.error().message;
  for (const int64_t at : {0, 8, 20, 29}) {
    const std::string work = "killed" + std::to_string(at);
    PretrainData deadly = counting_data();
    deadly.batch = [at](int64_t number) {
      if (number == at) raise(SIGKILL);
      return counting(number);
    };
    EXPECT_EXIT((void)run(recipe, deadly, work.c_str()), testing::KilledBySignal(SIGKILL), "");
    const auto resumed = run(recipe, counting_data(), work.c_str());
    ASSERT_TRUE(resumed.ok()) << resumed.error().message;
    EXPECT_EQ(resumed->resumed, true);
    EXPECT_EQ(weights(*resumed->model), weights(*whole->model)) << at;
    EXPECT_EQ(read_metrics(temp_.path() / work / "metrics.jsonl")->size(), 31);
  }
}

TEST_F(PretrainSlow, ADamagedCheckpointCostsOnlyTime) {
  const Recipe recipe = tiny(30);
  const auto whole = run(recipe, counting_data(), "whole");
  ASSERT_TRUE(whole.ok());
  PretrainData stopping = counting_data();
  stopping.batch = [](int64_t number) {
    if (number == 25) raise(SIGINT);
    return counting(number);
  };
  const auto stopped = run(recipe, stopping, "work");
  ASSERT_FALSE(stopped.ok());
  EXPECT_NE(stopped.error().message.find("interrupted after step 26"), std::string::npos) << stopped.error().message;
  fs::resize_file(temp_.path() / "work" / "checkpoint-00000026", 1000);
  const auto resumed = run(recipe, counting_data(), "work");
  ASSERT_TRUE(resumed.ok()) << resumed.error().message;
  EXPECT_EQ(weights(*resumed->model), weights(*whole->model));
}

TEST_F(PretrainSlow, SpikesAreSkippedAndSeveralOfThemRollBack) {
  Recipe recipe = tiny(240);
  recipe.pretrain.dropout = 0;
  recipe.pretrain.checkpoint_every = 28;
  recipe.pretrain.spike_patience = 3;
  recipe.pretrain.spike_deviations = 2.5;
  PretrainData strange = counting_data();
  strange.batch = [](int64_t number) { return counting(number, number == 200 || (number >= 228 && number < 231)); };
  const auto whole = run(recipe, strange, "whole");
  ASSERT_TRUE(whole.ok()) << whole.error().message;
  EXPECT_EQ(whole->skipped, 4);
  EXPECT_EQ(whole->rollbacks, 1);
  EXPECT_EQ(whole->steps, 240);
  Json rollback;
  const auto metrics = read_metrics(temp_.path() / "whole" / "metrics.jsonl");
  ASSERT_TRUE(metrics.ok());
  for (const Json& line : *metrics) {
    if (line.value("event", "") == "rollback") rollback = line;
  }
  ASSERT_TRUE(rollback.is_object());
  EXPECT_EQ(rollback.at("step"), 224);  // the last multiple of 28 before
  EXPECT_EQ(rollback.at("from"), 227);

  for (const int64_t at : {230, 232}) {  // a kill around the rollback changes nothing
    const std::string work = "killed" + std::to_string(at);
    PretrainData deadly = strange;
    deadly.batch = [&strange, at](int64_t number) {
      if (number == at) raise(SIGKILL);
      return strange.batch(number);
    };
    EXPECT_EXIT((void)run(recipe, deadly, work.c_str()), testing::KilledBySignal(SIGKILL), "");
    const auto resumed = run(recipe, strange, work.c_str());
    ASSERT_TRUE(resumed.ok()) << resumed.error().message;
    EXPECT_EQ(weights(*resumed->model), weights(*whole->model)) << at;
  }
}

// Steps that take ten times as long from some point on: the length is decided again, and the budget still holds.
TEST_F(PretrainSlow, ABudgetInMinutesIsMetWhenThePaceChanges) {
  Recipe recipe = tiny(0);
  recipe.pretrain.minutes = 2.0 / 60;
  recipe.pretrain.decay = 0.9;
  recipe.pretrain.checkpoint_every = 10;
  PretrainData slower = counting_data();
  const auto begin = std::chrono::steady_clock::now();
  slower.batch = [&](int64_t number) {
    const bool late = std::chrono::steady_clock::now() - begin > std::chrono::milliseconds(800);
    if (late) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return counting(number);
  };
  const auto outcome = run(recipe, slower, "work");
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  const auto pace = read_json(temp_.path() / "work" / "pace.json");
  ASSERT_TRUE(pace.ok());
  EXPECT_GT(pace->at("decays").size(), 1U);
  EXPECT_EQ(pace->at("decays").back().at("total"), outcome->steps);
  EXPECT_LT(pace->at("decays").back().at("total"), pace->at("decays").front().at("total"));
}

TEST_F(PretrainSlow, ABudgetInMinutesIsMetAndItsLengthWrittenDown) {
  Recipe recipe = tiny(0);
  recipe.pretrain.minutes = 1.0 / 60;
  const auto outcome = run(recipe, counting_data(), "work");
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  const auto pace = read_json(temp_.path() / "work" / "pace.json");
  ASSERT_TRUE(pace.ok());
  EXPECT_EQ(pace->at("decays").back().at("total"), outcome->steps);
  EXPECT_GT(outcome->steps, 20);
  EXPECT_GT(outcome->seconds, 0.5);
  EXPECT_LT(outcome->seconds, 5);  // other programs may take the machine away meanwhile
}

// The whole loop on a GPU: it validates, keeps checkpoints, and goes on from one to the same bits.
TEST_F(PretrainSlow, RunsOnAGpuAndGoesOnToTheSameBits) {
  if (!cuda::present()) GTEST_SKIP() << "no GPU here";
  Recipe recipe = tiny(10), half = tiny(10);
  recipe.device = half.device = cuda_device;
  const auto whole = run(recipe, counting_data(), "whole");
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_LT(whole->validation.loss, std::log(double(kVocab)));
  EXPECT_EQ(whole->model->device(), cpu_device);
  // A run that ends behind its checkpoint of step 7 leaves that one; another goes on from there.
  const fs::path from = temp_.path() / "whole", to = temp_.path() / "rest";
  fs::create_directories(to);
  fs::copy(from / "checkpoint-00000007", to / "checkpoint-00000007");
  fs::copy(from / "metrics.jsonl", to / "metrics.jsonl");
  const auto rest = run(half, counting_data(), "rest");
  ASSERT_TRUE(rest) << rest.error().message;
  EXPECT_TRUE(rest->resumed);
  EXPECT_EQ(weights(*whole->model), weights(*rest->model));
}

}  // namespace
}  // namespace persea
